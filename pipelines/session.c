/* SPDX-License-Identifier: MIT */
#include "pipelines/session.h"

#include "compute/attention.h"
#include "compute/gemm.h"
#include "models/budget.h"
#include "models/layer_store.h"
#include "pipelines/batch.h"
#include "pipelines/session_use.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void ptm_session_options_default(ptm_session_options *options) {
    *options = (ptm_session_options){.prop_attn = -1, .precision = PTM_AUTO};
}

/** What a modality's models label, as sentences say it. */
static const char *subject(ptm_modality modality) {
    return modality == PTM_VIDEO ? "video" : modality == PTM_AUDIO ? "sound" : "images";
}

struct lane *session_lane(struct ptm_session *session, ptm_modality modality) {
    const int i = network_modality_index(modality);
    return i >= 0 && session->lanes[i].network ? &session->lanes[i] : NULL;
}

unsigned session_modalities(const struct ptm_session *session) {
    unsigned modalities = 0;
    for (int m = 0; m < NETWORK_MODALITIES; m++)
        if (session->lanes[m].network) modalities |= network_modalities[m];
    return modalities;
}

/** What models of these modalities, at least one, label, with `word` between two. `text` has the room for it. */
static const char *list_subjects(char *text, size_t bytes, unsigned modalities, const char *word) {
    size_t used = 0;
    text[0] = '\0';
    for (int m = 0; m < NETWORK_MODALITIES; m++)
        if (modalities & network_modalities[m])
            used += (size_t)snprintf(text + used, bytes - used, "%s%s", used > 0 ? word : "",
                                     subject(network_modalities[m]));
    return text;
}

ptm_status session_refuse(const struct ptm_session *session, unsigned asked, ptm_error *err) {
    char wanted[64], labelled[64];
    return error_set(err, PTM_EINVAL, "no model in use labels %s, only %s: bring one that does",
                     list_subjects(wanted, sizeof wanted, asked, " or "),
                     list_subjects(labelled, sizeof labelled, session_modalities(session), " and "));
}

ptm_status session_need_lane(struct ptm_session *session, ptm_modality modality, struct lane **lane, ptm_error *err) {
    if (network_modality_index(modality) < 0)
        return error_set(err, PTM_EINVAL, "modality %d: it is one of PTM_VIDEO, PTM_AUDIO and PTM_IMAGE",
                         (int)modality);
    *lane = session_lane(session, modality);
    return *lane ? PTM_OK : session_refuse(session, (unsigned)modality, err);
}

static ptm_status choose_networks(struct ptm_session *session, const ptm_model *const *models, int count,
                                  ptm_error *err) {
    if (count < 1 || count > NETWORK_MODALITIES)
        return error_set(err, PTM_EINVAL, "a session takes 1 to %d models, not %d", NETWORK_MODALITIES, count);
    for (int i = 0; i < count; i++) {
        for (int m = 0; m < NETWORK_MODALITIES; m++) {
            const struct network *network = model_network(models[i], network_modalities[m]);
            struct lane *lane = &session->lanes[m];
            if (!network) continue;
            if (lane->network)
                return error_set(err, PTM_EINVAL, "both %s and %s label %s; give one model for it", lane->network->name,
                                 network->name, subject(network_modalities[m]));
            lane->network = network;
            model_hold(network);
        }
    }
    return PTM_OK;
}

static void place_lane(struct ptm_session *session, struct lane *lane, struct arena *arena) {
    if (!lane->network) return;
    vit_place(&lane->vit, arena, lane->network, &session->compute,
              vit_batch(lane->network, &session->compute, session->most_windows));
    lane->input = arena_take(arena, network_input_count(lane->network), sizeof(float));
    lane->recent = arena_take(arena, lane_window_floats(lane), sizeof(float));
}

static void place_all(struct ptm_session *session, struct arena *arena) {
    struct compute *compute = &session->compute;
    compute->scratch =
        arena_take(arena, linear_scratch(compute->kernels, threads_most(compute->threads)), sizeof(float));
    for (int m = 0; m < NETWORK_MODALITIES; m++) place_lane(session, &session->lanes[m], arena);
}

/** Measures what everything needs, takes it in one block, and places it there. */
static ptm_status take_memory(struct ptm_session *session, ptm_error *err) {
    struct arena arena = {0};
    place_all(session, &arena);
    if (arena.overflow) return error_no_memory(err);
    session->memory = mem_alloc(arena.used, 1);
    if (!session->memory)
        return error_set(err, PTM_ENOMEM, "out of memory: the models need %zu MiB to run", arena.used >> 20);
    arena = (struct arena){.base = session->memory};
    place_all(session, &arena);
    return PTM_OK;
}

static ptm_status open_fronts(struct ptm_session *session, ptm_error *err) {
    for (int m = 0; m < NETWORK_MODALITIES; m++) {
        struct lane *lane = &session->lanes[m];
        if (!lane->network) continue;
        if (network_modalities[m] == PTM_AUDIO)
            TRY(fbank_open(&session->fbank, &lane->network->audio, err));
        else
            TRY(pixels_open(&lane->pixels, &lane->network->picture.pixels, err));
    }
    return PTM_OK;
}

/** No fewer tokens are protected than the models' own special ones. */
static ptm_status protect_tokens(struct ptm_session *session, int protect, ptm_error *err) {
    for (int m = 0; m < NETWORK_MODALITIES; m++) {
        struct lane *lane = &session->lanes[m];
        if (!lane->network) continue;
        if (protect < 0 || protect > lane->network->config.tokens)
            return error_set(err, PTM_EINVAL, "%d protected tokens; it should be from 0 to the %d that %s has", protect,
                             lane->network->config.tokens, lane->network->name);
        if (protect > lane->vit.protected_tokens) lane->vit.protected_tokens = protect;
    }
    return PTM_OK;
}

static ptm_status set_static(struct ptm_session *session, double threshold, ptm_error *err) {
    if (!(threshold >= 0 && isfinite(threshold)))
        return error_set(err, PTM_EINVAL, "the threshold of static patches should be 0 or more");
    struct lane *video = session_lane(session, PTM_VIDEO);
    if (video) video->vit.static_threshold = (float)threshold;
    return PTM_OK;
}

/** Does the text ask for passes, to see how long they take? */
static bool is_measured(const char *r) {
    enum budget_kind kind;
    double amount;
    return budget_parse(r, &kind, &amount, NULL) == PTM_OK && kind == BUDGET_MS;
}

static ptm_status set_merge(struct ptm_session *session, const char *r, int prop_attn, ptm_error *err) {
    if (r && is_measured(r)) TRY(session_check_idle(session, err));
    struct lane_merge before[NETWORK_MODALITIES];
    for (int m = 0; m < NETWORK_MODALITIES; m++) {
        struct lane *lane = &session->lanes[m];
        if (!lane->network) continue;
        lane_get_merge(lane, &before[m]);
        const ptm_status status = lane_set_merge(lane, r, prop_attn, err);
        if (status == PTM_OK) continue;
        while (m-- > 0) { /* all or nothing */
            struct lane *changed = &session->lanes[m];
            if (changed->network) lane_put_merge(changed, &before[m]);
        }
        return status;
    }
    return PTM_OK;
}

/** What the models are stored in; float32 where they differ. */
static ptm_precision stored_precision(struct ptm_session *session) {
    const struct network *first = NULL;
    for (int m = 0; m < NETWORK_MODALITIES; m++) {
        const struct network *network = session->lanes[m].network;
        if (network && first && network->precision != first->precision) return PTM_F32;
        if (network) first = network;
    }
    return first->precision;
}

static ptm_status choose_product(struct ptm_session *session, ptm_precision precision, enum cpu_level level,
                                 ptm_error *err) {
    if (precision == PTM_AUTO) {
        session->compute.product = product_for(stored_precision(session), level);
        return PTM_OK;
    }
    if (precision != PTM_F32 && precision != PTM_BF16 && precision != PTM_INT8)
        return error_set(err, PTM_EINVAL, "precision %d is none of f32, bf16 and int8", (int)precision);
    session->compute.product = product_for(precision, level);
    if (precision == PTM_F32 || session->compute.product) return PTM_OK;
    const ptm_precision other = precision == PTM_INT8 ? PTM_BF16 : PTM_INT8;
    return error_set(err, PTM_EINVAL, "this processor has no fast instruction for precision %s at CPU level %s: use %s",
                     product_precision_name(precision), cpu_level_name(level),
                     product_for(other, level) ? other == PTM_INT8 ? "int8 or f32" : "bf16 or f32" : "f32");
}

static ptm_status take_layers(struct ptm_session *session, ptm_error *err) {
    for (int m = 0; m < NETWORK_MODALITIES; m++) {
        struct lane *lane = &session->lanes[m];
        if (lane->network) TRY(layer_store_get(&lane->vit.layers, lane->network, &session->compute, err));
    }
    return PTM_OK;
}

/** For a thread that is to be started. */
static bool reserve_for_thread(void) {
    return gemm_reserve(NULL) == PTM_OK;
}

/** Where products are OpenBLAS's, memory for them. */
static ptm_status reserve_products(struct ptm_session *session, ptm_error *err) {
    if (session->compute.kernels->multiply) return PTM_OK;
    TRY(gemm_reserve(err));
    session->reserved = true;
    threads_ask(session->threads, reserve_for_thread);
    return PTM_OK;
}

static ptm_status open_session(struct ptm_session *session, const ptm_model *const *models, int count,
                               const ptm_session_options *options, ptm_error *err) {
    enum cpu_level level;
    TRY(choose_networks(session, models, count, err));
    TRY(cpu_parse(options->cpu, &level, err));
    if (options->threads < 0 || options->threads > THREADS_MAX)
        return error_set(err, PTM_EINVAL, "a session takes 0 to %d threads, not %d", THREADS_MAX, options->threads);
    TRY(threads_open(&session->threads, options->threads, err));
    session->compute = (struct compute){.threads = session->threads, .kernels = kernels_for(level)};
    TRY(reserve_products(session, err));
    TRY(choose_product(session, options->precision, level, err));
    session->compute.attention = attention_for(session->compute.kernels, session->compute.product);
    if (options->batch < 0 || options->batch > VIT_WINDOWS_MAX)
        return error_set(err, PTM_EINVAL, "a batch of %d windows; it should be from 1 to %d, or 0", options->batch,
                         VIT_WINDOWS_MAX);
    session->most_windows = options->batch;
    TRY(take_memory(session, err));
    TRY(batch_open(session, err));
    TRY(take_layers(session, err));
    TRY(open_fronts(session, err));
    TRY(protect_tokens(session, options->protect, err));
    TRY(set_static(session, options->static_threshold, err));
    return set_merge(session, options->r, options->prop_attn, err);
}

ptm_status ptm_session_open(ptm_session **out, const ptm_model *const *models, int count,
                            const ptm_session_options *options, ptm_error *err) {
    error_clear(err);
    *out = NULL;
    ptm_session_options defaults;
    ptm_session_options_default(&defaults);
    struct ptm_session *session = mem_calloc(1, sizeof *session);
    if (!session) return error_no_memory(err);
    const ptm_status status = open_session(session, models, count, options ? options : &defaults, err);
    if (status != PTM_OK) ptm_session_close(&session);
    *out = session;
    return status;
}

void ptm_session_close(ptm_session **handle) {
    if (!handle || !*handle) return;
    struct ptm_session *session = *handle;
    fbank_close(&session->fbank);
    for (int m = 0; m < NETWORK_MODALITIES; m++) {
        struct lane *lane = &session->lanes[m];
        pixels_close(&lane->pixels);
        if (lane->network) model_release(lane->network);
    }
    batch_close(session);
    mem_free(session->bench_tokens);
    mem_free(session->memory);
    if (session->reserved) gemm_release(threads_allowed(session->threads));
    threads_close(&session->threads);
    mem_free(session);
    *handle = NULL;
}

void ptm_session_set_threads(ptm_session *session, int threads) {
    threads_set_count(session->threads, threads);
}

int ptm_session_get_batch(const ptm_session *session, ptm_modality modality) {
    const struct lane *lane = session_lane((struct ptm_session *)session, modality);
    return lane ? lane->vit.capacity : 0;
}

ptm_status ptm_session_set_merge(ptm_session *session, const char *r, int prop_attn, ptm_error *err) {
    error_clear(err);
    TRY(session_check_between(session, err));
    return set_merge(session, r, prop_attn, err);
}

ptm_status ptm_session_get_profile(const ptm_session *session, ptm_modality modality, ptm_profile *profile,
                                   ptm_error *err) {
    error_clear(err);
    struct lane *lane;
    TRY(session_need_lane((struct ptm_session *)session, modality, &lane, err));
    const struct vit *vit = &lane->vit;
    const int *tokens = vit_tokens(vit);
    *profile = (ptm_profile){
        .depth = lane->network->config.depth,
        .tokens = tokens,
        .gflop = config_gflop(&lane->network->config, tokens),
        .ms_total = vit->times.total,
        .ms_embed = vit->times.embed,
        .ms_attention = vit->times.attention,
        .ms_merge = vit->times.merge,
        .ms_mlp = vit->times.mlp,
        .ms_head = vit->times.head,
    };
    return PTM_OK;
}
