/* SPDX-License-Identifier: MIT */
#include "media/live_queue.h"

#include "base/memory.h"
#include "media/demux_copy.h"

#include <errno.h>
#include <time.h>

/* Of one reader: seconds of any stream, yet little where packets are whole pictures. */
enum { MAX_MESSAGES = 256, MAX_BYTES = 32 << 20 };

void live_message_clear(struct live_message *message) {
    av_packet_free(&message->packet);
    if (message->news) demux_forget(&message->news->description);
    mem_free(message->news);
    message->news = NULL;
}

ptm_status live_queue_open(struct live_queue *queue, ptm_error *err) {
    *queue = (struct live_queue){0};
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&queue->lock, NULL);
    pthread_cond_init(&queue->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    for (int i = 0; i < LIVE_READERS; i++) {
        queue->rings[i].messages = mem_calloc(MAX_MESSAGES, sizeof *queue->rings[i].messages);
        if (!queue->rings[i].messages) return error_no_memory(err);
    }
    return PTM_OK;
}

static struct live_message *message_at(const struct live_ring *ring, int place) {
    return &ring->messages[(ring->first + place) % MAX_MESSAGES];
}

void live_queue_close(struct live_queue *queue) {
    for (int i = 0; i < LIVE_READERS; i++) {
        const struct live_ring *ring = &queue->rings[i];
        for (int k = 0; k < ring->count; k++) live_message_clear(message_at(ring, k));
        mem_free(ring->messages);
    }
    pthread_cond_destroy(&queue->changed);
    pthread_mutex_destroy(&queue->lock);
}

static size_t message_bytes(const struct live_message *message) {
    return message->packet ? (size_t)message->packet->size : 0;
}

static bool has_room(const struct live_ring *ring, const struct live_message *message) {
    return ring->count == 0 || (ring->count < MAX_MESSAGES && ring->bytes + message_bytes(message) <= MAX_BYTES);
}

bool live_queue_push(struct live_queue *queue, struct live_message *message) {
    struct live_ring *ring = &queue->rings[message->reader];
    pthread_mutex_lock(&queue->lock);
    while (!queue->stopped && !has_room(ring, message)) pthread_cond_wait(&queue->changed, &queue->lock);
    const bool taken = !queue->stopped;
    if (taken) {
        message->number = queue->pushed++;
        ring->bytes += message_bytes(message);
        *message_at(ring, ring->count++) = *message;
        pthread_cond_broadcast(&queue->changed);
    }
    pthread_mutex_unlock(&queue->lock);
    if (!taken) live_message_clear(message);
    return taken;
}

/** The ring that the next message is taken from; NULL where there is none. */
static struct live_ring *next_ring(struct live_queue *queue, int reader) {
    struct live_ring *next = NULL;
    for (int i = 0; i < LIVE_READERS; i++) {
        struct live_ring *ring = &queue->rings[i];
        if (ring->count == 0 || (reader >= 0 && reader != i)) continue;
        if (!next || message_at(ring, 0)->number < message_at(next, 0)->number) next = ring;
    }
    return next;
}

static struct timespec from_now(double seconds) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    const long nanoseconds = until.tv_nsec + (long)(seconds * 1e9);
    until.tv_sec += nanoseconds / 1000000000;
    until.tv_nsec = nanoseconds % 1000000000;
    return until;
}

bool live_queue_pop(struct live_queue *queue, int reader, struct live_message *message, double seconds) {
    const struct timespec until = from_now(seconds);
    struct live_ring *ring;
    pthread_mutex_lock(&queue->lock);
    for (int waited = 0; !(ring = next_ring(queue, reader)) && waited != ETIMEDOUT;)
        waited = pthread_cond_timedwait(&queue->changed, &queue->lock, &until);
    if (ring) {
        *message = *message_at(ring, 0);
        ring->first = (ring->first + 1) % MAX_MESSAGES;
        ring->count--;
        ring->bytes -= message_bytes(message);
        pthread_cond_broadcast(&queue->changed);
    }
    pthread_mutex_unlock(&queue->lock);
    return ring != NULL;
}

void live_queue_stop(struct live_queue *queue) {
    pthread_mutex_lock(&queue->lock);
    queue->stopped = true;
    pthread_cond_broadcast(&queue->changed);
    pthread_mutex_unlock(&queue->lock);
}
