# shellcheck shell=bash
# two initiators behind one address and port, told apart by their cookies only
# shellcheck disable=SC2016 # the variables in single quotes are jq's

# What is needed besides the peers.
needs() {
	peers_missing
	director_missing
	capture_missing
}

# The first two clients are LAB_NAT, both of them, as a NAT that lets IPsec pass shows two
# hosts: from their own ports, with answers given to whose cookie stands in them, or whose SPI.
# That such a NAT changes addresses as well is nothing the director could see.
passthrough_start() {
	local i macs=
	for i in 1 2; do
		lab_ip "c$i" address add "$LAB_NAT/32" dev wan &&
			lab_ip net rule add fwmark "$i" lookup $((200 + i)) &&
			lab_ip net route add "$LAB_NAT" via "$(client_address "$i")" \
				dev clients table $((200 + i)) || return 1
		macs+="$(lab_in "c$i" cat /sys/class/net/wan/address) : $i, "
	done
	lab_in net nft -f - <<-END
		table ip passthrough {
			map cookies { typeof @th,64,64 : meta mark; size 1024; flags dynamic; }
			map spis { typeof @th,0,32 : meta mark; }
			chain in {
				type filter hook prerouting priority -300;
				ip saddr $LAB_NAT meta mark set ether saddr map { $macs }
				iifname "clients" udp dport 500 update @cookies { @th,64,64 : meta mark }
				iifname "clients" udp dport 4500 @th,64,32 0 \
					update @cookies { @th,96,64 : meta mark }
				iifname "clients" meta mark set 0
				ip daddr != $LAB_NAT accept
				udp sport 500 meta mark set @th,64,64 map @cookies accept
				udp sport 4500 @th,64,32 0 meta mark set @th,96,64 map @cookies accept
				udp sport 4500 meta mark set @th,64,32 map @spis accept
				ip protocol 50 meta mark set @th,0,32 map @spis
			}
		}
	END
}

# Tells the NAT the SPI that client $1 takes ESP with, which it would have to guess.
passthrough_learn() {
	lab_in net nft add element ip passthrough spis "{ 0x$(peer_ctl "c$1" --list-sas |
		sed -n 's/^    in  \([0-9a-f]*\).*/\1/p') : $1 }"
}

# Starts client $1 at the common address with IKE version $2.
initiator_start() {
	client_connection "$1" "$2" "$LAB_VIP" |
		sed "s/local_addrs = .*/local_addrs = $LAB_NAT/" | peer_write "c$1"
	peer_start "c$1" && peer_load "c$1"
}

# Prints how many handshakes the director has for the common address and port $1.
handshakes_at() {
	director_query entries --arg client "$LAB_NAT:$1" \
		'.[] | select(.client == $client) | .cookies | length'
}

# The sessions are scheduled one by one, but these two cannot be told apart once ESP comes.
# Where ESP needs no UDP nobody leaves port 500.
stage() {
	local port=4500 esp=$CAPTURE_ESP_IN_UDP
	peers_kernel_esp && port=500 esp="proto 50"
	director_affinity session
	stage_up 3 3 rr
	passthrough_start || stage_fail "no NAT at the router"
	initiator_start 1 2 || stage_fail "client 1 did not start"
	initiator_start 2 1 || stage_fail "client 2 did not start"
	clients_start 2 "$LAB_VIP" 3 3
	capture_start from-both s1 lan src "$LAB_NAT"
	client_initiate 1 &
	client_initiate 2
	expect_true "both are established, begun at the same time" wait $!
	expect "real server of the first" 1 "$(server_of_peer c1)"
	expect "and of the second" 1 "$(server_of_peer c2)"
	expect "port they both have there" "$LAB_NAT:$port $LAB_NAT:$port" \
		"$(server_sees 1 c1) $(server_sees 1 c2)"
	expect "handshakes of that one flow" 2 "$(handshakes_at "$port")"
	expect_true "the NAT guesses the SPI of the first" passthrough_learn 1
	expect_true "and of the second" passthrough_learn 2
	expect_true "ten pings of the first answered" client_ping 1 10
	expect_true "ten pings of the second answered" client_ping 2 10
	capture_stop from-both
	expect_captured "of them at the real server" 20 from-both "$esp"
	expect_captured_at_least "first messages, main mode and IKEv2" 2 from-both \
		"src port 500 and udp[16:4] = 0 and udp[20:4] = 0"
	expect "another client is scheduled after them" 1 "$(clients_initiate 3 3)"
	expect "real server of it" 2 "$(server_of_peer c3)"
	expect_good_end
}
