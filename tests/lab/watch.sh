# shellcheck shell=bash
# What passes where: packet counters in the namespaces round the director. Sourced by lib.sh.
#
# The director's own ruleset is what is tested, so nothing is counted inside it: the router
# watches what comes back from the director, every real server what the director sends it.

# Protocols go by number: a bare system has no /etc/protocols.

# Counts in namespace net the IPsec packets for a VIP that the director sends to its default
# route, and drops them, for they would only come round again.
watch_leaks() {
	lab_in net nft -f - <<-'END'
		table inet watch {
			counter leaks { }
			counter leaks6 { }
			chain from_director {
				type filter hook prerouting priority -450;
				iifname != "dir" accept
				ip daddr 192.0.2.0/24 udp dport { 500, 4500 } counter name leaks drop
				ip daddr 192.0.2.0/24 ip protocol { 50, 51 } counter name leaks drop
				ip6 daddr 2001:db8::/64 udp dport { 500, 4500 } counter name leaks6 drop
				ip6 daddr 2001:db8::/64 meta l4proto { 50, 51 } counter name leaks6 drop
			}
		}
	END
}

# Counts at real server $1 what the director sends it, and what goes back by the other link;
# what came in a tunnel twice: as tunnelled, and as what was in it. bare is what was not.
watch_server() {
	local back=ret wrong=lan
	[ "$LAB_BACK" = ret ] || back=lan wrong=ret
	lab_in "s$1" nft -f - <<-END
		table inet watch {
			counter ike { }
			counter esp_in_udp { }
			counter plain_esp { }
			counter plain_ah { }
			counter other { }
			counter tunnelled { }
			counter bare { }
			counter esp_in_udp_back { }
			counter wrong_way_back { }
			chain from_director {
				type filter hook prerouting priority -450;
				iifname != { "lan", "ipb-decap4", "ipb-decap6", "ipb-decap64" } accept
				meta l4proto { 1, 58 } accept
				iifname "lan" meta l4proto { 4, 41 } counter name tunnelled accept
				iifname "lan" udp dport 6080 counter name tunnelled accept
				iifname "lan" counter name bare
				udp dport 500 counter name ike accept
				udp dport 4500 @th,64,32 0 counter name ike accept
				udp dport 4500 udp length > 9 counter name esp_in_udp accept
				meta l4proto 50 counter name plain_esp accept
				meta l4proto 51 counter name plain_ah accept
				counter name other
			}
			chain to_client {
				type filter hook postrouting priority 450;
				meta l4proto { 1, 58 } accept
				oifname "$back" udp sport 4500 @th,64,32 != 0 udp length > 9 counter name esp_in_udp_back
				oifname "$wrong" counter name wrong_way_back
			}
		}
	END
}

# Counts later fragments apart at every real server: they have no port to be known by.
watch_fragments() {
	local i
	for ((i = 1; i <= LAB_SERVERS; i++)); do
		lab_in "s$i" nft -f - <<-'END'
			add counter inet watch fragments
			insert rule inet watch from_director iifname != "ret" ip frag-off & 0x1fff != 0 \
				counter name fragments accept
			insert rule inet watch from_director iifname != "ret" frag frag-off != 0 \
				counter name fragments accept
		END
	done
}

# Puts all the counters in place.
watch_start() {
	local i
	watch_leaks || return 1
	for ((i = 1; i <= LAB_SERVERS; i++)); do watch_server "$i" || return 1; done
}

# Prints the packets that counter $2 of namespace $1 has seen.
watch_packets() {
	lab_in "$1" nft list counter inet watch "$2" |
		sed -n 's/.*packets \([0-9]*\) bytes.*/\1/p'
}

# Prints the sum of counter $1 over all real servers.
watch_servers() {
	local i sum=0
	for ((i = 1; i <= LAB_SERVERS; i++)); do
		sum=$((sum + $(watch_packets "s$i" "$1")))
	done
	echo "$sum"
}

# Prints how many IPsec packets the director let go to its default route.
watch_leaked() {
	echo $(($(watch_packets net leaks) + $(watch_packets net leaks6)))
}
