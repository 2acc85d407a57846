/*
 * small_server — an HTTP server that answers by the path, for testing clients.
 *
 *   /answer   200 "False\n"            /refuse   422 {"error": "no"}
 *   /echo     200 the body             /length   200 the body's length as text
 *   /chunks   200 "False\n" in chunks  /close    200 "False\n", then closes
 *   /until    200 "False\n" without a length, then closes
 *   /vanish   closes without an answer /garbage  bytes that are no HTTP
 *   /slow     never answers            /row      200 "False\n", or 422 if the body has an 'x'
 *   /stall    200 "False\n", but request 50 takes 0.3 s
 */
#ifndef QUERN_TESTS_MONITOR_SMALL_SERVER_H
#define QUERN_TESTS_MONITOR_SMALL_SERVER_H

/* Listens on loopback until the program ends; the port. */
int small_server_start(void);

#endif
