/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Clients that wander, by chance that repeats itself: they begin, rekey, authenticate again,
 * change ports and addresses, fall silent and leave their flows to others, while strangers
 * send first messages in their names. Whatever happens, what a session sends goes to the
 * server that has its SA: with either affinity, where servers' replies are seen and where
 * not. Everything here is what clients do; nobody floods.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/decide.h"
#include "core/director.h"
#include "tests/lib/invariants.h"
#include "tests/lib/test_config.h"

#define SERVERS 3
#define SESSIONS 12
#define ADDRESSES 4
#define PORTS 12
#define STEPS 3000
#define WORLDS 8
/* Where nobody sees replies, a flow passes to another session after so long. */
#define SILENT_MS (SESSION_TAKE_OVER_MS + 1000)

/** A session and what its peer knows of it. */
struct session {
	bool alive;
	uint64_t number; /**< no two ever have the same */
	const struct server *server; /**< that answered its first message */
	unsigned int address;
	uint16_t port;    /**< towards 4500 */
	uint16_t port500; /**< towards 500 */
	uint64_t icookie, rcookie;
};

/** A flow that a session had. */
struct flow {
	uint64_t owner; /**< the session's number; 0: nobody yet */
	bool left;      /**< that session has gone, or is elsewhere */
	uint64_t last_ms;
};

struct world {
	struct config *config;
	struct director *director;
	uint64_t random;
	uint64_t now_ms;
	uint64_t packets;
	uint64_t cookie; /**< the last one that was made up */
	struct session sessions[SESSIONS];
	struct flow flows[ADDRESSES][PORTS];
	bool seen; /**< servers' replies are */
	unsigned int step;
	unsigned int failures;
};

/** The next of a row of numbers that looks like chance (xorshift64*), below limit. */
static unsigned int chance(struct world *world, unsigned int limit)
{
	world->random ^= world->random >> 12;
	world->random ^= world->random << 25;
	world->random ^= world->random >> 27;
	return (unsigned int)((world->random * UINT64_C(2685821657736338717)) >> 33) % limit;
}

/** The port of that number: 500 and 4500 first, as NATs that keep ports give them. */
static uint16_t port_of(unsigned int number, uint16_t virtual_port)
{
	return number ? (uint16_t)(20000 + virtual_port + number) : virtual_port;
}

/** One packet between there and the virtual address, through decide. */
static struct decision pass(struct world *world, enum packet_direction direction,
	enum packet_kind kind, unsigned int address, unsigned int port,
	uint16_t virtual_port, uint64_t icookie, uint64_t rcookie)
{
	uint8_t bytes[4] = { 203, 0, 113, (uint8_t)(address + 1) };
	struct decision decision;
	struct packet packet;

	memset(&packet, 0, sizeof(packet));
	packet.kind = kind;
	packet.direction = direction;
	packet.flow.client = address_v4(bytes);
	packet.flow.virtual = test_address("192.0.2.1");
	packet.flow.client_port = port_of(port, virtual_port);
	packet.flow.virtual_port = virtual_port;
	packet.protocol = 17;
	packet.version = 2;
	packet.icookie = icookie;
	packet.rcookie = rcookie;
	packet.spi = 0xc0000001;
	decide(world->director, &packet, &decision);
	decide_commit(world->director, &packet, world->now_ms, 100, &decision);
	world->packets++;
	return decision;
}

/** Says that a packet of a session went wrong. */
static void fail(struct world *world, const struct session *session, const char *what,
	const struct decision *decision)
{
	world->failures++;
	fprintf(stderr,
		"step %u: %s of session %u (address %u, port %u): %s at %s, expected %s\n",
		world->step, what, (unsigned int)(session - world->sessions),
		session->address, session->port, reason_name(decision->reason),
		decision->server ? decision->server->config->name : "no server",
		session->server->config->name);
}

/** The flow where a session is. */
static struct flow *flow_of(struct world *world, const struct session *session)
{
	return &world->flows[session->address][session->port];
}

/** A packet of a session on its flow; it must reach the session's server. */
static void speak(struct world *world, const struct session *session, const char *what,
	enum packet_kind kind, uint64_t icookie, uint64_t rcookie)
{
	struct decision decision = pass(world, PACKET_TO_SERVER, kind, session->address,
		session->port, 4500, icookie, rcookie);
	struct flow *flow = flow_of(world, session);

	if (decision.action != DECISION_FORWARD || decision.server != session->server)
		fail(world, session, what, &decision);
	flow->owner = session->number;
	flow->left = false;
	flow->last_ms = world->now_ms;
}

/** The session's server answers it at a port, where that is seen. */
static void answer(struct world *world, const struct session *session, unsigned int port,
	uint16_t virtual_port)
{
	if (world->seen)
		pass(world, PACKET_TO_CLIENT, PACKET_IKE, session->address, port,
			virtual_port, session->icookie, session->rcookie);
}

/** ISAKMP under the session's cookies, then ESP, which has to follow. */
static void say_something(struct world *world, const struct session *session,
	const char *what)
{
	speak(world, session, what, PACKET_IKE, session->icookie, session->rcookie);
	answer(world, session, session->port, 4500);
	speak(world, session, "ESP", PACKET_ESP_IN_UDP, 0, 0);
}

/** Takes a flow for session that no other has used lately; false if none was found. */
static bool take_flow(struct world *world, struct session *session)
{
	unsigned int address = chance(world, ADDRESSES), port = chance(world, PORTS);
	const struct flow *flow = &world->flows[address][port];

	if (flow->owner && flow->owner != session->number &&
		(!flow->left ||
			(!world->seen && world->now_ms - flow->last_ms < SILENT_MS)))
		return false;
	if (flow_of(world, session)->owner == session->number)
		flow_of(world, session)->left = true;
	session->address = address;
	session->port = (uint16_t)port;
	return true;
}

/** A first message in anybody's name. */
static void forge(struct world *world)
{
	unsigned int address = chance(world, ADDRESSES), port = chance(world, PORTS);

	pass(world, PACKET_TO_SERVER, PACKET_IKE_FIRST, address, port,
		chance(world, 2) ? 500 : 4500, ++world->cookie, 0);
}

/** A session begins on 500 and goes on on 4500, strangers between. */
static void begin(struct world *world, struct session *session)
{
	struct decision decision;

	session->number = ++world->cookie;
	session->icookie = ++world->cookie;
	session->rcookie = ++world->cookie;
	session->port500 = (uint16_t)chance(world, PORTS);
	if (!take_flow(world, session))
		return;
	decision = pass(world, PACKET_TO_SERVER, PACKET_IKE_FIRST, session->address,
		session->port500, 500, session->icookie, 0);
	if (decision.action != DECISION_FORWARD)
		return;
	session->server = decision.server;
	session->alive = true;
	answer(world, session, session->port500, 500);
	forge(world);
	say_something(world, session, "proof");
}

/** A live session authenticates again on its flow. */
static void authenticate(struct world *world, struct session *session)
{
	session->icookie = ++world->cookie;
	session->rcookie = ++world->cookie;
	speak(world, session, "first message", PACKET_IKE_FIRST, session->icookie, 0);
	answer(world, session, session->port, 4500);
	forge(world);
	say_something(world, session, "new proof");
}

/** What a live session does. */
static void live(struct world *world, struct session *session)
{
	switch (chance(world, 8)) {
	case 0:
		session->alive = false;
		flow_of(world, session)->left = true;
		break;
	case 1:
		session->icookie = ++world->cookie;
		session->rcookie = ++world->cookie;
		say_something(world, session, "rekey");
		break;
	case 2:
		authenticate(world, session);
		break;
	case 3:
	case 4:
		if (take_flow(world, session))
			say_something(world, session, "move");
		break;
	default:
		say_something(world, session, "liveness check");
	}
}

/** One thing happens, and some time passes. */
static void step(struct world *world)
{
	struct session *session = &world->sessions[chance(world, SESSIONS)];
	const char *broken;

	world->now_ms += chance(world, 10000);
	while (director_expire(world->director, world->now_ms, 100) == 100)
		continue;
	if (!chance(world, 4))
		forge(world);
	else if (session->alive)
		live(world, session);
	else
		begin(world, session);
	broken = invariants_broken(world->director, world->packets);
	if (!broken)
		return;
	world->failures++;
	fprintf(stderr, "step %u: no longer true: %s\n", world->step, broken);
}

/** Lets one world run; returns its failures, of which the first ten end it. */
static unsigned int run(unsigned int number, enum config_affinity affinity, bool seen,
	enum config_initial initial)
{
	static const struct hash_key key = { { 21, 22 } };
	struct world world = {
		.config = test_config(SERVERS),
		.random = number * UINT64_C(0x9e3779b97f4a7c15) + 1,
		.now_ms = SILENT_MS,
		.seen = seen,
	};
	struct config_service *service = &world.config->services[0];

	service->affinity = affinity;
	service->initial = initial;
	world.config->first_messages = 4096;
	for (size_t i = 0; i < SERVERS; i++)
		service->servers[i].replies_seen = seen;
	world.config->max_entries_per_client = 1000;
	if (director_new(world.config, &key, NULL, &world.director))
		abort();
	while (world.step++ < STEPS && world.failures < 10)
		step(&world);
	printf("world %u, affinity %s, replies %s, %s: %lu packets, %u failures\n", number,
		affinity == AFFINITY_CLIENT ? "client" : "session", seen ? "seen" : "unseen",
		initial == INITIAL_TABLE ? "table" : "stateless",
		(unsigned long)world.packets, world.failures);
	director_free(world.director);
	config_free(world.config);
	return world.failures;
}

/** Lets one world of each kind run. */
static unsigned int run_all(unsigned int number, enum config_initial initial)
{
	return run(number, AFFINITY_CLIENT, false, initial) +
		run(number, AFFINITY_SESSION, false, initial) +
		run(number, AFFINITY_CLIENT, true, initial) +
		run(number, AFFINITY_SESSION, true, initial);
}

/** Runs worlds of all kinds. */
int main(void)
{
	unsigned int failures = 0;

	for (unsigned int i = 1; i <= WORLDS; i++)
		failures += run_all(i, INITIAL_TABLE) + run_all(i, INITIAL_STATELESS);
	return failures ? 1 : 0;
}
