/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Labels name a server only if no other server of the service can have the same.
 */
#include "daemon/config_check.h"

/** Tells whether some cookie bears both labels. */
static bool labels_meet(const struct config_server *one, const struct config_server *other)
{
	uint64_t common = one->label_mask & other->label_mask;

	return one->label_mask && other->label_mask &&
		((one->label ^ other->label) & common) == 0;
}

/** Tells whether some SPI is in both ranges. */
static bool ranges_meet(const struct config_server *one, const struct config_server *other)
{
	return one->spi_last && other->spi_last && one->spi_first <= other->spi_last &&
		other->spi_first <= one->spi_last;
}

/** Checks one server against another one before it. */
static void check_pair(const struct config_server *server, const struct config_server *before,
	const struct server_places *places, struct config_errors *errors)
{
	if (labels_meet(server, before))
		config_errors_add(errors, places->label,
			"spi-label: found %#llx/%#llx, which an SPI of server %s can have "
			"too, expected one that differs from %#llx/%#llx",
			(unsigned long long)server->label,
			(unsigned long long)server->label_mask, before->name,
			(unsigned long long)before->label,
			(unsigned long long)before->label_mask);
	if (ranges_meet(server, before))
		config_errors_add(errors, places->range,
			"spi-range: found %#x-%#x, which overlaps that of server %s, "
			"expected none of %#x-%#x",
			server->spi_first, server->spi_last, before->name,
			before->spi_first, before->spi_last);
}

/** Checks all servers of a service. */
void config_check_labels(const struct config_service *service,
	const struct service_places *places, struct config_errors *errors)
{
	for (size_t i = 0; i < service->server_count; i++) {
		for (size_t before = 0; before < i; before++)
			check_pair(&service->servers[i], &service->servers[before],
				&places->servers[i], errors);
	}
}
