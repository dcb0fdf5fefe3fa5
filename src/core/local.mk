# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LTLIBRARIES += src/core/libipb-core.la
src_core_libipb_core_la_SOURCES = \
	src/core/answer.c src/core/answer.h \
	src/core/challenge.c src/core/challenge.h \
	src/core/classify.c src/core/classify.h \
	src/core/config.c src/core/config.h \
	src/core/decide.c src/core/decide.h \
	src/core/decide_first.c \
	src/core/defence.c src/core/defence.h \
	src/core/director.c src/core/director.h \
	src/core/decide_commit.c src/core/decide_esp.c src/core/decide_reply.c \
	src/core/decide_rules.h \
	src/core/estimate.c src/core/estimate.h \
	src/core/flood.c src/core/flood.h \
	src/core/handshake.c src/core/handshake.h \
	src/core/ike_init.c src/core/ike_init.h \
	src/core/ip_header.c src/core/ip_header.h \
	src/core/isakmp.c src/core/isakmp.h \
	src/core/label.c src/core/label.h \
	src/core/limit.c src/core/limit.h \
	src/core/memory.c src/core/memory.h \
	src/core/packet.c src/core/packet.h \
	src/core/pressure.c src/core/pressure.h \
	src/core/rate.c src/core/rate.h \
	src/core/reason.c src/core/reason.h \
	src/core/recent.c src/core/recent.h \
	src/core/record.c src/core/record.h \
	src/core/restore.c src/core/restore.h \
	src/core/ruleset_elements.c src/core/ruleset_features.c \
	src/core/ruleset_rules.c src/core/ruleset_rules.h \
	src/core/ruleset_carry.h src/core/ruleset_limits.h \
	src/core/ruleset_text.c src/core/ruleset_text.h \
	src/core/scheduler.c src/core/scheduler.h \
	src/core/scheduler_hash.c \
	src/core/scheduler_rr.c \
	src/core/scheduler_wlc.c \
	src/core/scheduler_wrr.c \
	src/core/service.c src/core/service.h \
	src/core/session.c src/core/session.h src/core/session_client.c \
	src/core/session_expire.c src/core/session_parts.h src/core/session_restore.c \
	src/core/snapshot.c src/core/snapshot.h \
	src/core/spi.c src/core/spi.h \
	src/core/template.c src/core/template.h \
	src/core/text.c src/core/text.h \
	src/core/throttle.c src/core/throttle.h \
	src/core/unreachable.c src/core/unreachable.h \
	src/core/view.c src/core/view.h
