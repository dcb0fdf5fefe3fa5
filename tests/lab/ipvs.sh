# shellcheck shell=bash
# The kernel's IPVS in the director's place. Sourced by lib.sh.

# Prints why there can be no IPVS here; nothing when it can.
ipvs_missing() {
	command -v ipvsadm >/dev/null || echo "no ipvsadm"
	modprobe -q ip_vs_rr || echo "this kernel has no IPVS"
}

# Sets it up as it is for IPsec: one service of all the marked packets, persistent by the
# client's address, direct routing. The marked are local, for IPVS looks at nothing else.
ipvs_up() {
	local i
	lab_in dir nft -f - <<-END || return 1
		table ip ipvs {
			chain from_clients {
				type filter hook prerouting priority -150;
				ip daddr $LAB_VIP udp dport { 500, 4500 } meta mark set 1
				ip daddr $LAB_VIP ip protocol { 50, 51 } meta mark set 1
			}
		}
	END
	printf '%s\n' "rule add fwmark 1 lookup 99" "route add local default dev lo table 99" |
		lab_ip_lines dir || return 1
	{
		echo "-A -f 1 -s rr -p 300"
		for ((i = 1; i <= LAB_SERVERS; i++)); do
			echo "-a -f 1 -r $(server_address "$i") -g"
		done
	} | lab_in dir ipvsadm -R
}
