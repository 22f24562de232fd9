/* SPDX-License-Identifier: MIT */
/* fuzz_main: runs a fuzz target over the files, and the files in the directories, that are given. */
#include "fuzz.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

static int inputs;

static bool run_file(const char *path) {
    FILE *file = fopen(path, "rb");
    /* Exactly as long as the file, so that a sanitizer sees every read beyond it. */
    struct stat status;
    uint8_t *data = NULL;
    bool good = file && fstat(fileno(file), &status) == 0 && (data = malloc((size_t)status.st_size + !status.st_size));
    good = good && fread(data, 1, (size_t)status.st_size, file) == (size_t)status.st_size;
    if (good) {
        LLVMFuzzerTestOneInput(data, (size_t)status.st_size);
        inputs++;
    } else {
        perror(path);
    }
    free(data);
    if (file) fclose(file);
    return good;
}

static bool run_directory(const char *path) {
    DIR *directory = opendir(path);
    bool good = directory;
    for (const struct dirent *entry; directory && (entry = readdir(directory));) {
        char file[4096];
        if (entry->d_name[0] == '.') continue;
        snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
        good = run_file(file) && good;
    }
    if (directory)
        closedir(directory);
    else
        perror(path);
    return good;
}

int main(int argc, char **argv) {
    bool good = true;
    for (int i = 1; i < argc; i++) {
        struct stat status;
        const bool directory = stat(argv[i], &status) == 0 && S_ISDIR(status.st_mode);
        good = (directory ? run_directory : run_file)(argv[i]) && good;
    }
    printf("%d inputs\n", inputs);
    return good && inputs ? 0 : 1;
}
