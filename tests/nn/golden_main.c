/*
 * golden FILE... — compare with reference vectors, print the largest error of each tensor, and exit
 * with 1 if any disagrees or a file cannot be used.
 */
#include "nn/golden.h"

#include "base/error.h"

int main(int argc, char **argv)
{
    int failed = 0;

    if (argc < 2) {
        fprintf(stderr, "golden: give one or more safetensors files of reference vectors\n");
        return 2;
    }
    for (int i = 1; i < argc; i++) {
        struct error err = {0};
        if (!golden_check(argv[i], stdout, &err)) {
            fflush(stdout);
            fprintf(stderr, "golden: %s\n", err.text);
            failed = 1;
        }
    }
    return failed;
}
