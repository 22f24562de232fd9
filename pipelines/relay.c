/* SPDX-License-Identifier: MIT */
#include "pipelines/relay.h"

#include "base/clock.h"

#include <pthread.h>
#include <string.h>

/** A window on its way. */
struct passenger {
    struct ready ready;
    float *input;   /* owned; of ready */
    int64_t number; /* by which windows of all lanes stay in order */
};

/** A lane's windows. */
struct slot {
    struct passenger *waiting; /* (room) a ring; NULL: the lane is not asked */
    int room, first, count;
    float *taken; /* input of the one that is being answered */
    int64_t dropped;
};

struct relay {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    enum relay_policy policy;
    struct slot slots[NETWORK_MODALITIES];
    int64_t numbers;
    bool ended;    /* nothing more will be put */
    bool given_up; /* nothing more will be taken */

    pthread_t collector;
    ptm_status (*collect)(void *user, ptm_error *err);
    void *user;
    ptm_status status; /* of the collector */
    ptm_error error;
};

enum { PLACES = 4 }; /* a window that is taken makes room at once, long before its pass is over */

static struct slot *slot_of(struct relay *relay, ptm_modality modality) {
    return &relay->slots[network_modality_index(modality)];
}

static ptm_status open_slot(struct slot *slot, const struct lane *lane, int room, ptm_error *err) {
    const size_t count = network_input_count(lane->network);
    slot->waiting = mem_calloc((size_t)room, sizeof *slot->waiting);
    slot->taken = mem_alloc(count, sizeof *slot->taken);
    if (!slot->waiting || !slot->taken) return error_no_memory(err);
    for (; slot->room < room; slot->room++) {
        slot->waiting[slot->room].input = mem_alloc(count, sizeof *slot->taken);
        if (!slot->waiting[slot->room].input) return error_no_memory(err);
    }
    return PTM_OK;
}

static void close_slot(struct slot *slot) {
    for (int i = 0; i < slot->room; i++) mem_free(slot->waiting[i].input);
    mem_free(slot->waiting);
    mem_free(slot->taken);
}

ptm_status relay_open(struct relay **out, struct ptm_session *session, unsigned asked, enum relay_policy policy,
                      ptm_error *err) {
    *out = NULL;
    struct relay *relay = mem_calloc(1, sizeof *relay);
    if (!relay) return error_no_memory(err);
    relay->policy = policy;
    pthread_mutex_init(&relay->lock, NULL);
    pthread_cond_init(&relay->changed, NULL);
    for (int i = 0; i < NETWORK_MODALITIES; i++) {
        const struct lane *lane = session_lane(session, network_modalities[i]);
        if (!lane || !(asked & network_modalities[i])) continue;
        const int most = policy == RELAY_WAITS ? PLACES : 1, batch = lane->vit.capacity;
        const int room = batch < most ? batch : most;
        const ptm_status status = open_slot(&relay->slots[i], lane, room, err);
        if (status == PTM_OK) continue;
        relay_close(&relay);
        return status;
    }
    *out = relay;
    return PTM_OK;
}

void relay_close(struct relay **handle) {
    struct relay *relay = *handle;
    if (!relay) return;
    for (int i = 0; i < NETWORK_MODALITIES; i++) close_slot(&relay->slots[i]);
    pthread_cond_destroy(&relay->changed);
    pthread_mutex_destroy(&relay->lock);
    mem_free(relay);
    *handle = NULL;
}

/* ---------------------------------------------------------------- the collector's side */

/** The place for one more; that of the one that waits longest, which is dropped, where there is none. */
static struct passenger *next_place(struct slot *slot) {
    if (slot->count == slot->room) {
        slot->dropped++;
        slot->first = (slot->first + 1) % slot->room;
        slot->count--;
    }
    return &slot->waiting[(slot->first + slot->count++) % slot->room];
}

/** Whether the one that waits longest is the last before a loss, which says that events end: it is not dropped. */
static bool holds_lost(const struct slot *slot) {
    return slot->count > 0 && slot->waiting[slot->first].ready.lost;
}

ptm_status relay_put(struct relay *relay, const struct ready *ready, ptm_error *err) {
    struct slot *slot = slot_of(relay, ready->lane->network->modality);
    /* Nothing comes behind a last one for which it would have to hurry. */
    const bool waits = relay->policy == RELAY_WAITS || ready->last || ready->lost;
    pthread_mutex_lock(&relay->lock);
    while (slot->count == slot->room && (waits || holds_lost(slot)) && !relay->given_up)
        pthread_cond_wait(&relay->changed, &relay->lock);
    const bool given_up = relay->given_up;
    if (!given_up) {
        struct passenger *passenger = next_place(slot);
        passenger->number = relay->numbers++;
        passenger->ready = *ready;
        passenger->ready.ready_ms = clock_ms();
        memcpy(passenger->input, ready->input, network_input_count(ready->lane->network) * sizeof(float));
        pthread_cond_broadcast(&relay->changed);
    }
    pthread_mutex_unlock(&relay->lock);
    return given_up ? error_set(err, PTM_EINTERRUPTED, "the windows are not answered any more") : PTM_OK;
}

bool relay_given_up(struct relay *relay) {
    pthread_mutex_lock(&relay->lock);
    const bool given_up = relay->given_up;
    pthread_mutex_unlock(&relay->lock);
    return given_up;
}

static void *collector_main(void *argument) {
    struct relay *relay = argument;
    const ptm_status status = relay->collect(relay->user, &relay->error);
    pthread_mutex_lock(&relay->lock);
    relay->status = status;
    relay->ended = true;
    pthread_cond_broadcast(&relay->changed);
    pthread_mutex_unlock(&relay->lock);
    return NULL;
}

/* ---------------------------------------------------------------- the other side */

void relay_drop(struct relay *relay, ptm_modality modality) {
    pthread_mutex_lock(&relay->lock);
    slot_of(relay, modality)->dropped++;
    pthread_mutex_unlock(&relay->lock);
}

int64_t relay_dropped(struct relay *relay, ptm_modality modality) {
    pthread_mutex_lock(&relay->lock);
    const int64_t dropped = slot_of(relay, modality)->dropped;
    pthread_mutex_unlock(&relay->lock);
    return dropped;
}

static int64_t first_number(const struct slot *slot) {
    return slot->waiting[slot->first].number;
}

/** The lane of the window that waits longest, or NULL. */
static struct slot *oldest(struct relay *relay) {
    struct slot *found = NULL;
    for (int i = 0; i < NETWORK_MODALITIES; i++) {
        struct slot *slot = &relay->slots[i];
        if (slot->count > 0 && (!found || first_number(slot) < first_number(found))) found = slot;
    }
    return found;
}

/** Waits for a window; false when none will come. */
static bool take(struct relay *relay, struct ready *ready) {
    pthread_mutex_lock(&relay->lock);
    struct slot *slot;
    while (!(slot = oldest(relay)) && !relay->ended) pthread_cond_wait(&relay->changed, &relay->lock);
    const bool interrupted = relay->ended && relay->status == PTM_EINTERRUPTED;
    if (slot && !interrupted) {
        struct passenger *passenger = &slot->waiting[slot->first];
        float *input = passenger->input;
        passenger->input = slot->taken;
        slot->taken = input;
        slot->first = (slot->first + 1) % slot->room;
        slot->count--;
        *ready = passenger->ready;
        ready->input = input;
        pthread_cond_broadcast(&relay->changed);
    }
    pthread_mutex_unlock(&relay->lock);
    return slot && !interrupted;
}

static void give_up(struct relay *relay) {
    pthread_mutex_lock(&relay->lock);
    relay->given_up = true;
    pthread_cond_broadcast(&relay->changed);
    pthread_mutex_unlock(&relay->lock);
}

bool relay_start(struct relay *relay, ptm_status (*collect)(void *user, ptm_error *err), void *user) {
    relay->collect = collect;
    relay->user = user;
    return pthread_create(&relay->collector, NULL, collector_main, relay) == 0;
}

ptm_status relay_run(struct relay *relay, ptm_status (*answer)(void *user, const struct ready *ready, ptm_error *err),
                     void *user, ptm_error *err) {
    ptm_status status = PTM_OK;
    struct ready ready;
    while (status == PTM_OK && take(relay, &ready)) status = answer(user, &ready, err);
    if (status != PTM_OK) give_up(relay);
    pthread_join(relay->collector, NULL);
    if (status != PTM_OK || relay->status == PTM_OK) return status;
    return error_set(err, relay->status, "%s", relay->error.message);
}
