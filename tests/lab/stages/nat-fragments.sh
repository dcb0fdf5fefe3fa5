# shellcheck shell=bash
# method nat: IKE messages in IP fragments, both ways, in both families

# shellcheck source=../nat.sh
. "$LAB_HOME/nat.sh"

# Making keys takes longer in a guest than everything else.
prepare() {
	pki_prepare
}

needs() {
	nat_missing
	pki_missing
}

# Certificates too large for a packet, and nobody divides them but IP. Conntrack needs the
# whole message, and so does who looks for the responder's cookie in the server's.
stage() {
	peers_use_certificates
	peers_no_ike_fragments
	nat_up 2 2 rr
	watch_fragments
	clients_start 2 "$LAB_VIP" 1 1
	clients_start 2 "$LAB_VIP6" 2 2
	capture_start outer net dir
	capture_start gw1 s1 lan
	capture_start gw2 s2 lan
	expect "clients established" 2 "$(clients_initiate 1 2)"
	expect_agreement 1 1
	expect_agreement 2 2 6
	capture_stop outer gw1 gw2
	fragments_each_way outer ip "$LAB_VIP"
	fragments_each_way outer ip6 "$LAB_VIP6"
	fragments_each_way gw1 ip "$(server_address 1)"
	fragments_each_way gw2 ip6 "$(server_address6 2)"
	expect "pings answered" 2 "$(clients_ping 1 2)"
	expect_good_end
}

# Claims that capture $1 has fragments of family $2 (ip, ip6) to and from address $3.
fragments_each_way() {
	expect_at_least "$2 fragments to $3" 3 \
		"$(capture_count "$1" "$2 and $CAPTURE_FRAGMENTS and dst host $3")"
	expect_at_least "$2 fragments from $3" 3 \
		"$(capture_count "$1" "$2 and $CAPTURE_FRAGMENTS and src host $3")"
}
