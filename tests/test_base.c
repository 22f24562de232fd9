/* SPDX-License-Identifier: MIT */
#define _DEFAULT_SOURCE /* usleep() */
/* Errors, numbers, memory, the processor and the threads. */
#include "check.h"

#include "base/clock.h"
#include "base/cpu.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/threads.h"
#include "temporary.h"

#include <dirent.h>
#include <locale.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---------------------------------------------------------------- errors */

static void test_first_cause_wins(void) {
    ptm_error error = {0};
    CU_ASSERT_EQUAL(error_set(&error, PTM_EIO, "cannot open %s", "a.bin"), PTM_EIO);
    CU_ASSERT_EQUAL(error_set(&error, PTM_EMODEL, "later"), PTM_EMODEL);
    CU_ASSERT_EQUAL(error.status, PTM_EIO);
    CU_ASSERT_STRING_EQUAL(error.message, "cannot open a.bin");
    error_clear(&error);
    CU_ASSERT_EQUAL(error.status, PTM_OK);
    CU_ASSERT_STRING_EQUAL(error.message, "");
    CU_ASSERT_EQUAL(error_no_memory(&error), PTM_ENOMEM);
    CU_ASSERT_EQUAL(error.status, PTM_ENOMEM);
    CU_ASSERT(strlen(error.message) > 0);
}

static void test_error_null_and_long(void) {
    CU_ASSERT_EQUAL(error_set(NULL, PTM_EFORMAT, "nobody listens"), PTM_EFORMAT);
    error_clear(NULL);
    ptm_error error = {0};
    (void)error_set(&error, PTM_EIO, "%0600d", 7);
    CU_ASSERT_EQUAL(strlen(error.message), sizeof error.message - 1);
}

/** Of a path that does not fit the reason is kept, and whole characters. */
static void test_error_with_a_long_name(void) {
    enum { CHARACTERS = 1300 };
    char name[3 * CHARACTERS + 1] = "";
    for (int i = 0; i < CHARACTERS; i++) memcpy(name + 3 * i, "\346\274\242", 3);
    name[3 * CHARACTERS] = '\0';
    for (int shift = 0; shift < 3; shift++) {
        ptm_error error = {0};
        (void)error_set(&error, PTM_EIO, "%.*s%s: cannot be read", shift, "ab", name);
        const char *gap = strstr(error.message, "..."), *colon = strchr(error.message, ':');
        CU_ASSERT_FATAL(gap != NULL && colon != NULL);
        CU_ASSERT_STRING_EQUAL(colon, ": cannot be read");
        CU_ASSERT_EQUAL((gap - error.message - shift) % 3, 0);
        CU_ASSERT_EQUAL((colon - gap - 3) % 3, 0);
    }
}

/** What a terminal would obey, in one byte and in two, is not in a sentence; letters of two bytes are. */
static void test_error_without_controls(void) {
    ptm_error error = {0};
    (void)error_set(&error, PTM_EIO, "a\33[2J b\302\233c \302\251\303\233 d\177");
    CU_ASSERT_STRING_EQUAL(error.message, "a?[2J b??c \302\251\303\233 d?");
}

static ptm_status fail_with(ptm_status status, int *reached) {
    TRY(status);
    ++*reached;
    TRY(PTM_OK);
    ++*reached;
    return PTM_EINTERNAL;
}

static void test_try(void) {
    int reached = 0;
    CU_ASSERT_EQUAL(fail_with(PTM_ELIMIT, &reached), PTM_ELIMIT);
    CU_ASSERT_EQUAL(reached, 0);
    CU_ASSERT_EQUAL(fail_with(PTM_OK, &reached), PTM_EINTERNAL);
    CU_ASSERT_EQUAL(reached, 2);
}

static void remove_locale(const char *folder) {
    char command[TEMPORARY_PATH + 100];
    unsetenv("LOCPATH");
    snprintf(command, sizeof command, "rm -r %s", folder);
    CU_ASSERT_EQUAL(system(command), 0);
}

/** Makes a locale whose numbers have a comma, in a new folder, and sets it. */
static bool make_comma_locale(char *folder) {
    char command[TEMPORARY_PATH + 100];
    if (!temporary_folder(folder)) return false;
    snprintf(command, sizeof command, "localedef -c -i de_DE -f UTF-8 %s/comma >/dev/null 2>&1", folder);
    const bool made = system(command) == 0 && setenv("LOCPATH", folder, 1) == 0 && setlocale(LC_NUMERIC, "comma");
    if (!made) remove_locale(folder);
    return made;
}

/** A number ends where its text does: it is decimal, and has a point where the program's locale has a comma; so it has
 * in sentences. */
static void test_number(void) {
    static const struct {
        const char *text, *rest;
        double value;
    } numbers[] = {
        {"1.5x", "x", 1.5}, {"-0.25", "", -0.25}, {".5ms", "ms", 0.5}, {"6e1GFLOP", "GFLOP", 60},
        {"2,5", ",5", 2},   {"0x10x", "x10x", 0}, {"inf", "inf", 0},   {"nan", "nan", 0},
        {"", "", 0},        {"-x", "-x", 0},
    };
    char folder[TEMPORARY_PATH];
    for (int comma = 0; comma < 2; comma++) {
        if (comma && !make_comma_locale(folder)) {
            printf("\n    no locale with a comma could be made, so that it was not tried\n");
            return;
        }
        for (size_t i = 0; i < CHECK_COUNT(numbers); i++) {
            const char *end;
            CU_ASSERT_EQUAL(number_read(numbers[i].text, &end), numbers[i].value);
            CU_ASSERT_STRING_EQUAL(end, numbers[i].rest);
        }
        ptm_error error = {0};
        (void)error_set(&error, PTM_EIO, "%g s", 0.5);
        CU_ASSERT_STRING_EQUAL(error.message, "0.5 s");
    }
    setlocale(LC_NUMERIC, "C");
    remove_locale(folder);
}

static void test_status_names(void) {
    for (int i = PTM_OK; i <= PTM_EINTERNAL; i++) {
        const char *name = ptm_status_string((ptm_status)i);
        CU_ASSERT_STRING_NOT_EQUAL(name, "unknown status");
        for (int j = PTM_OK; j < i; j++) CU_ASSERT_STRING_NOT_EQUAL(name, ptm_status_string((ptm_status)j));
    }
    CU_ASSERT_STRING_EQUAL(ptm_status_string((ptm_status)99), "unknown status");
}

/* ---------------------------------------------------------------- memory */

static void test_product(void) {
    size_t product = 0;
    CU_ASSERT(mem_product(3, 5, &product));
    CU_ASSERT_EQUAL(product, 15);
    CU_ASSERT(mem_product(SIZE_MAX, 1, &product));
    CU_ASSERT(mem_product(SIZE_MAX, 0, &product));
    CU_ASSERT_EQUAL(product, 0);
    CU_ASSERT_FALSE(mem_product(SIZE_MAX / 2 + 1, 2, &product));
    CU_ASSERT_FALSE(mem_product(SIZE_MAX, SIZE_MAX, &product));
}

static void test_alloc(void) {
    CU_ASSERT_PTR_NULL(mem_alloc(SIZE_MAX, 2));
    CU_ASSERT_PTR_NULL(mem_alloc(SIZE_MAX, 1)); /* no room to round up */
    CU_ASSERT_PTR_NULL(mem_calloc(SIZE_MAX / 4, 8));
    for (size_t count = 0; count < 200; count += 13) {
        unsigned char *block = mem_calloc(count, 3);
        CU_ASSERT_PTR_NOT_NULL_FATAL(block);
        CU_ASSERT_EQUAL((uintptr_t)block % MEM_ALIGN, 0);
        for (size_t i = 0; i < count * 3; i++) CU_ASSERT_EQUAL(block[i], 0);
        mem_free(block);
    }
    mem_free(NULL);
    char *copy = mem_strdup("polytome");
    CU_ASSERT_STRING_EQUAL(copy, "polytome");
    mem_free(copy);
}

struct layout {
    char *a;
    double *b;
    float *empty;
    int *c;
};

static void lay_out(struct arena *arena, struct layout *layout) {
    layout->a = arena_take(arena, 1, 1);
    layout->b = arena_take(arena, 65, sizeof *layout->b);
    layout->empty = arena_take(arena, 0, sizeof *layout->empty);
    layout->c = arena_take(arena, 16, sizeof *layout->c);
}

static void test_arena(void) {
    struct arena measure = {0};
    struct layout layout;
    lay_out(&measure, &layout);
    CU_ASSERT_PTR_NULL(layout.a);
    CU_ASSERT_FALSE(measure.overflow);
    struct arena place = {.base = mem_alloc(measure.used, 1)};
    CU_ASSERT_PTR_NOT_NULL_FATAL(place.base);
    lay_out(&place, &layout);
    CU_ASSERT_EQUAL(place.used, measure.used);
    CU_ASSERT_EQUAL((uintptr_t)layout.b % MEM_ALIGN, 0);
    CU_ASSERT((char *)layout.b >= layout.a + 1);
    CU_ASSERT((char *)layout.c >= (char *)(layout.b + 65));
    CU_ASSERT((char *)(layout.c + 16) <= place.base + place.used);
    memset(place.base, 0xff, place.used); /* a sanitizer sees it if the sum is short */
    mem_free(place.base);
}

static void test_arena_overflow(void) {
    static const size_t counts[][2] = {{SIZE_MAX, 2}, {SIZE_MAX - 3, 1}, {SIZE_MAX - 128, 1}};
    for (size_t i = 0; i < CHECK_COUNT(counts); i++) {
        struct arena arena = {0};
        (void)arena_take(&arena, 100, 1);
        CU_ASSERT_FALSE(arena.overflow);
        CU_ASSERT_PTR_NULL(arena_take(&arena, counts[i][0], counts[i][1]));
        CU_ASSERT_TRUE(arena.overflow);
        (void)arena_take(&arena, 1, 1);
        CU_ASSERT_TRUE(arena.overflow); /* it is not forgotten */
    }
}

/* ---------------------------------------------------------------- processor and clock */

static void test_cpu(void) {
    enum cpu_level level = CPU_SCALAR;
    const enum cpu_level best = cpu_detect();
    CHECK_OK(cpu_parse(NULL, &level, err));
    CU_ASSERT_EQUAL(level, best);
    CHECK_OK(cpu_parse("auto", &level, err));
    CU_ASSERT_EQUAL(level, best);
    CHECK_OK(cpu_parse("scalar", &level, err));
    CU_ASSERT_EQUAL(level, CPU_SCALAR);
    CHECK_OK(cpu_parse(cpu_level_name(best), &level, err));
    CU_ASSERT_EQUAL(level, best);
    CU_ASSERT(cpu_count() >= 1);
}

static void test_cpu_refusals(void) {
    static const char *const unknown[] = {"", "AVX2", "sse9", "avx", "avx5122", "scalar "};
    for (size_t i = 0; i < CHECK_COUNT(unknown); i++) {
        ptm_error error = {0};
        enum cpu_level level = CPU_SCALAR;
        CU_ASSERT_EQUAL(cpu_parse(unknown[i], &level, &error), PTM_EINVAL);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.message, unknown[i]));
        CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "auto, scalar"));
        CU_ASSERT_EQUAL(level, CPU_SCALAR);
    }
    const char *foreign = cpu_detect() == CPU_NEON ? "avx2" : "neon"; /* of the other architecture */
    ptm_error error = {0};
    enum cpu_level level;
    CU_ASSERT_EQUAL(cpu_parse(foreign, &level, &error), PTM_EINVAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, foreign));
}

static void test_clock(void) {
    const double start = clock_ms();
    double last = start;
    while (last - start < 2) {
        const double now = clock_ms();
        CU_ASSERT_FATAL(now >= last);
        last = now;
    }
}

/* ---------------------------------------------------------------- threads */

enum { MAX_TILES = 1000 };

struct tally {
    atomic_int runs[MAX_TILES];
    atomic_int bad_worker, shared_worker;
    atomic_int busy[16]; /* a worker number is held by one thread at a time */
    int workers;
    int plain[MAX_TILES]; /* written without a lock: threads_run() must order it */
};

static void tally_tile(void *context, int tile, int worker) {
    struct tally *tally = context;
    if (worker < 0 || worker >= tally->workers) {
        atomic_fetch_add(&tally->bad_worker, 1);
        return;
    }
    if (atomic_fetch_add(&tally->busy[worker], 1) != 0) atomic_fetch_add(&tally->shared_worker, 1);
    atomic_fetch_add(&tally->runs[tile], 1);
    tally->plain[tile]++;
    atomic_fetch_sub(&tally->busy[worker], 1);
}

static void check_tally(struct tally *tally, struct threads *threads, int tiles) {
    for (int i = 0; i < MAX_TILES; i++) atomic_store(&tally->runs[i], 0);
    memset(tally->plain, 0, sizeof tally->plain);
    threads_run(threads, tiles, tally_tile, tally);
    int wrong = 0;
    for (int i = 0; i < MAX_TILES; i++)
        wrong += atomic_load(&tally->runs[i]) != (i < tiles) || tally->plain[i] != (i < tiles);
    CU_ASSERT_EQUAL(wrong, 0);
}

static void test_every_tile_once(void) {
    static struct tally tally;
    static const int tiles[] = {0, 1, 2, 3, 7, 8, 9, 100, MAX_TILES};
    for (int count = 1; count <= 8; count++) {
        struct threads *threads;
        CHECK_OK(threads_open(&threads, count, err));
        CU_ASSERT_EQUAL(threads_count(threads), count);
        tally.workers = count;
        for (int round = 0; round < 300; round++) check_tally(&tally, threads, tiles[round % (int)CHECK_COUNT(tiles)]);
        threads_close(&threads);
        CU_ASSERT_PTR_NULL(threads);
    }
    CU_ASSERT_EQUAL(atomic_load(&tally.bad_worker), 0);
    CU_ASSERT_EQUAL(atomic_load(&tally.shared_worker), 0);
}

struct turnout {
    atomic_int now, most; /* threads at the tiles */
};

static void turnout_tile(void *context, int tile, int worker) {
    (void)worker;
    struct turnout *turnout = context;
    const int now = atomic_fetch_add(&turnout->now, 1) + 1;
    int most = atomic_load(&turnout->most);
    while (now > most && !atomic_compare_exchange_weak(&turnout->most, &most, now)) continue;
    if (tile % 8 == 0) usleep(100); /* others come in meanwhile */
    atomic_fetch_sub(&turnout->now, 1);
}

/* No more take part than are to, up and down, and with all of them several do. */
static void test_count_of_threads(void) {
    static const int counts[] = {1, 2, 3, 8, 2, 1, 8};
    struct threads *threads;
    CHECK_OK(threads_open(&threads, 8, err));
    for (size_t i = 0; i < CHECK_COUNT(counts); i++) {
        struct turnout turnout = {0};
        threads_set_count(threads, counts[i]);
        CU_ASSERT_EQUAL(threads_count(threads), counts[i]);
        for (int round = 0; round < 50; round++) threads_run(threads, 32, turnout_tile, &turnout);
        CU_ASSERT(atomic_load(&turnout.most) <= counts[i]);
        CU_ASSERT(atomic_load(&turnout.most) >= (counts[i] > 1 ? 2 : 1));
    }
    threads_set_count(threads, 0);
    CU_ASSERT_EQUAL(threads_count(threads), 1);
    threads_set_count(threads, 100);
    CU_ASSERT_EQUAL(threads_count(threads), 8);
    CU_ASSERT_EQUAL(threads_most(threads), 8);
    threads_close(&threads);
}

static void count_tile(void *context, int tile, int worker) {
    (void)worker;
    long *sums = context;
    sums[tile] += tile + 1;
}

static int asked;

static bool allow_two(void) {
    return ++asked <= 2;
}

/* Where no more may start, the work is done by those that there are. */
static void test_refused_threads(void) {
    struct threads *threads;
    struct turnout turnout = {0};
    asked = 0;
    CHECK_OK(threads_open(&threads, 8, err));
    threads_ask(threads, allow_two);
    CU_ASSERT_EQUAL(asked, 0);
    threads_run(threads, 2, turnout_tile, &turnout);
    CU_ASSERT_EQUAL(asked, 1); /* no more than are useful */
    for (int round = 0; round < 50; round++) threads_run(threads, 32, turnout_tile, &turnout);
    CU_ASSERT(atomic_load(&turnout.most) >= 2 && atomic_load(&turnout.most) <= 3);
    CU_ASSERT_EQUAL(threads_allowed(threads), 3);
    CU_ASSERT_EQUAL(asked, 3); /* not at each run */
    long sums[8] = {0};
    for (int round = 0; round < 1000; round++) threads_run(threads, 8, count_tile, sums);
    CU_ASSERT_EQUAL(asked, 4); /* but now and then */
    threads_close(&threads);
}

/* Threads do not follow into a child: there the caller does the work, and waits for nobody. */
static void test_forked_child(void) {
    struct threads *threads;
    long sums[8] = {0};
    int status = 0;
    CHECK_OK(threads_open(&threads, 4, err));
    threads_run(threads, 8, count_tile, sums);
    usleep(10000); /* they sleep */
    const pid_t child = fork();
    CU_ASSERT_FATAL(child >= 0);
    if (child == 0) {
        alarm(20);
        for (int round = 0; round < 10; round++) threads_run(threads, 8, count_tile, sums);
        threads_close(&threads);
        _exit(sums[0] == 11 && sums[7] == 88 ? 0 : 1);
    }
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    CU_ASSERT_EQUAL(status, 0);
    threads_close(&threads);
}

/* Each run builds on what other threads wrote in the run before, at once or when these are just about to sleep. */
static void test_many_generations(void) {
    enum { RUNS = 5000, TILES = 5 };
    struct threads *threads;
    CHECK_OK(threads_open(&threads, 4, err));
    long sums[TILES] = {0};
    for (int i = 0; i < RUNS; i++) {
        threads_run(threads, TILES, count_tile, sums);
        if (i % 4 == 0) usleep((useconds_t)(i / 4 % 100));
    }
    threads_close(&threads);
    for (int i = 0; i < TILES; i++) CU_ASSERT_EQUAL(sums[i], (long)RUNS * (i + 1));
}

/** Threads of this process that do not sleep, as Linux tells, without the one that asks. */
static int awake_threads(void) {
    DIR *tasks = opendir("/proc/self/task");
    int awake = -1;
    for (const struct dirent *task; tasks && (task = readdir(tasks));) {
        char path[300], state = 'S';
        snprintf(path, sizeof path, "/proc/self/task/%s/stat", task->d_name);
        FILE *file = task->d_name[0] == '.' ? NULL : fopen(path, "r");
        if (file && fscanf(file, "%*d (%*[^)]) %c", &state) == 1) awake += state != 'S';
        if (file) fclose(file);
    }
    if (!tasks) return 0;
    closedir(tasks);
    return awake;
}

/* They wait for the next run awake, but not for long. */
static void test_idle_threads_sleep(void) {
    struct threads *threads;
    long sums[8] = {0};
    CHECK_OK(threads_open(&threads, 4, err));
    for (int round = 0; round < 3; round++) {
        threads_run(threads, 8, count_tile, sums);
        int tries = 10000;
        for (; tries > 0 && awake_threads() > 0; tries--) usleep(1000);
        CU_ASSERT(tries > 0);
    }
    threads_close(&threads);
}

static void test_open_and_close(void) {
    for (int i = 0; i < 200; i++) {
        struct threads *threads;
        CHECK_OK(threads_open(&threads, 1 + i % 8, err));
        threads_close(&threads);
    }
    struct threads *threads;
    CHECK_OK(threads_open(&threads, 0, err));
    CU_ASSERT_EQUAL(threads_count(threads), cpu_count());
    threads_close(&threads);
    threads_close(&threads); /* closed already */
}

int main(void) {
    static const struct check_case cases[] = {
        {"the first cause of an error wins", test_first_cause_wins},
        {"errors without a listener, and long ones", test_error_null_and_long},
        {"errors with a long name", test_error_with_a_long_name},
        {"errors without control characters", test_error_without_controls},
        {"TRY", test_try},
        {"numbers", test_number},
        {"every status has a name of its own", test_status_names},
        {"products that overflow", test_product},
        {"allocation", test_alloc},
        {"an arena measures what it places", test_arena},
        {"an arena that overflows", test_arena_overflow},
        {"CPU levels", test_cpu},
        {"CPU levels that are refused", test_cpu_refusals},
        {"the clock does not go back", test_clock},
        {"every tile runs once", test_every_tile_once},
        {"no more threads than are to take part", test_count_of_threads},
        {"fewer threads than there might be", test_refused_threads},
        {"threads in a forked child", test_forked_child},
        {"many generations", test_many_generations},
        {"idle threads sleep", test_idle_threads_sleep},
        {"open and close", test_open_and_close},
    };
    return check_main("base", cases, CHECK_COUNT(cases));
}
