/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the address of a socket's peer is written. */
#pragma once

#include "base/arena.h"

#include <stdint.h>

/* bytes in network order, of AF_INET or AF_INET6; NULL when there is no port. */
char *socket_address(struct arena *a, int family, const void *bytes, uint16_t port);
