/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Labels: servers whose IKE SPIs bear certain bits, and whose ESP and AH SPIs lie in a
 * certain range, so that a packet names its server and no table is needed. In strongSwan
 * these are spi_label and spi_mask, spi_min and spi_max.
 */
#pragma once

#include "core/service.h"

/** The server whose label the responder's cookie bears, else the one whose label the
 *  initiator's bears (a server may have begun the SA itself), or NULL. */
struct server *label_of_cookies(const struct service *service, uint64_t icookie,
	uint64_t rcookie);

/** The server in whose range the SPI of ESP or AH lies, or NULL. */
struct server *label_of_spi(const struct service *service, uint32_t spi);

/** Tells whether the server can have chosen that responder cookie. */
bool label_allows(const struct server *server, uint64_t rcookie);
