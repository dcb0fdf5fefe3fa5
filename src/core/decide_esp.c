/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ESP and AH: slaves of what ISAKMP has established. They change no entry.
 */
#include "core/decide_rules.h"
#include "core/label.h"

/** The draft's ESP on port 500 belongs to exactly one flow. */
void decide_draft_esp(const struct view *view)
{
	if (view_entry_established(view))
		view_forward_entry(view, CHANGE_NONE, REASON_DRAFT_ESP);
	else
		view_drop(view, REASON_UNKNOWN_DRAFT_ESP);
}

/** What becomes of the SPI of an established client's ESP. */
static enum decision_change spi_change(const struct view *view)
{
	return view->decision->service->config->learn_spi ? CHANGE_LEARN_SPI : CHANGE_NONE;
}

/** ESP from where no table knows it: its SPI may be known. Creates nothing, for anybody can
 *  send it. Returns false if nothing is known. */
static bool decide_by_spi(const struct view *view)
{
	bool is_ambiguous;
	struct server *server = spi_find(&view->director->spis, view->decision->service,
		view->packet->spi, &is_ambiguous);

	if (server)
		view_forward(view, server, CHANGE_NONE, REASON_SPI);
	else if (is_ambiguous)
		view_drop(view, REASON_SPI_AMBIGUOUS);
	return server || is_ambiguous;
}

/** ESP in UDP belongs to exactly one flow. No ICMP: it would only tell a scanner. */
void decide_esp_in_udp(const struct view *view)
{
	const struct session_entry *entry =
		view_entry_established(view) ? view->decision->entry : NULL;
	struct server *labelled = label_of_spi(view->decision->service, view->packet->spi);

	if (labelled && !(entry && session_server(entry) == labelled))
		view_forward(view, labelled, CHANGE_NONE, REASON_LABEL);
	else if (entry)
		view_forward_entry(view, spi_change(view), REASON_ESP_IN_UDP);
	else if (!decide_by_spi(view))
		view_drop(view, REASON_UNKNOWN_ESP_IN_UDP);
}

/** Answers what nobody asked for. */
static void decide_orphan(const struct view *view)
{
	view_drop(view, REASON_ORPHAN);
	view->decision->action = DECISION_UNREACHABLE;
}

/** ESP is a slave of its client's ESTABLISHED entries. */
void decide_esp(const struct view *view)
{
	struct server *labelled = label_of_spi(view->decision->service, view->packet->spi);

	if (labelled)
		view_forward(view, labelled, CHANGE_NONE, REASON_LABEL);
	else if (view_client_established(view))
		view_forward(view, session_client_server(view->decision->client),
			spi_change(view), REASON_SLAVE);
	else if (!decide_by_spi(view))
		decide_orphan(view);
}

/** AH is a slave too; but it protects the addresses that method nat changes (RFC 4302
 *  3.3.3.1). */
void decide_ah(const struct view *view)
{
	struct server *labelled = label_of_spi(view->decision->service, view->packet->spi);
	struct server *server = labelled;

	if (!server && view_client_established(view))
		server = session_client_server(view->decision->client);
	if (!view->decision->service->config->ah)
		view_drop(view, REASON_AH_REFUSED);
	else if (!server)
		decide_orphan(view);
	else if (server->config->method == METHOD_NAT)
		view_drop(view, REASON_AH_NAT);
	else
		view_forward(view, server, CHANGE_NONE, labelled ? REASON_LABEL : REASON_SLAVE);
}
