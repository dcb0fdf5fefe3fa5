# shellcheck shell=bash
# ESP in UDP flows for established 4-tuples only, and silently not for others

# Counted at the real servers: what flows, then two kinds of what must not.
stage() {
	local before
	peers_force_encap
	stage_up 3 2 rr
	clients_start 2 "$LAB_VIP" 1 2
	expect "clients established" 2 "$(clients_initiate 1 2)"
	expect_true "twenty pings of client 1 answered" client_ping 1 20
	expect_true "twenty pings of client 2 answered" client_ping 2 20
	expect "ESP in UDP at the real servers" 40 "$(watch_servers esp_in_udp)"
	expect "of which at gw1" 20 "$(watch_packets s1 esp_in_udp)"
	expect "ESP in UDP sent back to clients" 40 "$(watch_servers esp_in_udp_back)"
	before=$(director_counter unknown-esp-in-udp)
	expect "ICMP for ESP in UDP of an unknown client" "sent 3 answered 0" \
		"$(stray 3 -p udp -c 3 "$LAB_VIP")"
	expect "ICMP for ESP in UDP from another port" "sent 3 answered 0" \
		"$(stray 1 -p udp -c 3 -P 40000 "$LAB_VIP")"
	expect "ESP in UDP at the real servers after that" 40 "$(watch_servers esp_in_udp)"
	expect "counted as unknown-esp-in-udp" $((before + 6)) \
		"$(director_counter unknown-esp-in-udp)"
	expect_good_end
}
