# shellcheck shell=bash
# certificates of RSA 4096: IKE_AUTH in IKE's own fragments and in IP's

# Making keys takes longer in a guest than everything else.
prepare() {
	pki_prepare
}

needs() {
	peers_missing
	pki_missing
	director_missing
	capture_missing
}

# Client 1 has IKE divide its message, 2 and 3 leave it to IP, over IPv4 and IPv6. What one of
# them sent arrived whole at one server, and nothing of it at the other.
stage() {
	peers_use_certificates
	stage_up 3 2 rr
	watch_fragments
	clients_start 2 "$LAB_VIP" 1 1
	peers_no_ike_fragments
	clients_start 2 "$LAB_VIP" 2 2
	clients_start 2 "$LAB_VIP6" 3 3
	capture_start sent net dir
	capture_start to-gw1 s1 lan
	capture_start to-gw2 s2 lan
	expect "clients established" 3 "$(clients_initiate 1 3)"
	expect "spread by the real servers' SAs" 2/1 "$(servers_spread)"
	expect_agreement 1 2
	expect_agreement 3 3 6
	capture_stop sent to-gw1 to-gw2
	expect_at_least "IKE fragments sent" 3 "$(capture_count sent "$CAPTURE_IKE_FRAGMENTS")"
	expect_at_least "IP fragments sent over IPv4" 3 \
		"$(capture_count sent ip and "$CAPTURE_FRAGMENTS")"
	expect_at_least "IP fragments sent over IPv6" 3 \
		"$(capture_count sent ip6 and "$CAPTURE_FRAGMENTS")"
	expect_captured "IKE fragments at gw1, all that were sent" \
		"$(capture_count sent "$CAPTURE_IKE_FRAGMENTS")" to-gw1 "$CAPTURE_IKE_FRAGMENTS"
	expect_captured "IP fragments at gw2, all of IPv4" \
		"$(capture_count sent ip and "$CAPTURE_FRAGMENTS")" to-gw2 "$CAPTURE_FRAGMENTS"
	expect_captured "IP fragments at gw1, all of IPv6" \
		"$(capture_count sent ip6 and "$CAPTURE_FRAGMENTS")" to-gw1 "$CAPTURE_FRAGMENTS"
	expect "pings answered" 3 "$(clients_ping 1 3)"
	expect_good_end
}
