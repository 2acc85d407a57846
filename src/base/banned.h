/*
 * banned — library calls this project does not use, made into compile errors.
 *
 * Force-included in every file of src/ (see meson.build). Randomness and time are arguments
 * (rng.h, clock.h); text is formatted with a bound; numbers are parsed with a check.
 */
#ifndef QUERN_BASE_BANNED_H
#define QUERN_BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#pragma GCC poison rand srand random srandom drand48
#pragma GCC poison strtok strcpy strcat sprintf vsprintf gets
#pragma GCC poison atoi atol atof setlocale

#endif
