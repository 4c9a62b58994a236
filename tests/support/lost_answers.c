/* A share whose answer to a rename of an order is lost: it is done, and reports what the repeated request found. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int lost(const char *name, int result) {
    if (result == 0 && strstr(name, ".csv")) {
        errno = atoi(getenv("LOST_ANSWER"));
        return -1;
    }
    return result;
}

int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned int flags) {
    int (*call)(int, const char *, int, const char *, unsigned int) = dlsym(RTLD_NEXT, "renameat2");
    return lost(from, call(from_dir, from, to_dir, to, flags));
}

int renameat(int from_dir, const char *from, int to_dir, const char *to) {
    int (*call)(int, const char *, int, const char *) = dlsym(RTLD_NEXT, "renameat");
    return lost(from, call(from_dir, from, to_dir, to));
}
