# network.sh NAME CACHE PRIVATE PUBLIC makes the network of the hosts of that
# name: they have addresses in PRIVATE, are reached from this computer at
# addresses in PUBLIC, translated as EC2 does, reach each other there too, and
# package registries through it. What is sent to a host that is gone never leaves this computer.
set -eu
name=$1 cache=$2 private=$3 public=$4
table=$(echo "$name" | tr - _)
locks=/run/jupyter-ec2-tests # hold.sh makes it
exec 8>"$locks/network.lock"
flock 8
echo "$private" >"$cache/$name/private"
echo "$public" >"$cache/$name/public"
nft -f - <<END
table ip $table {
	map public { type ipv4_addr : ipv4_addr; }
	set dark { type ifname; }
	set offline { type ipv4_addr; }
	set refused { type ipv4_addr; }
	chain early {
		type filter hook prerouting priority raw;
		iifname @dark fib daddr type local drop
	}
	chain among {
		type nat hook prerouting priority -100;
		dnat to ip daddr map @public
	}
	chain output {
		type nat hook output priority -100;
		dnat to ip daddr map @public
	}
	chain forward {
		type filter hook forward priority 0;
		ip saddr @offline reject
		ip saddr @refused meta l4proto tcp reject with tcp reset
	}
	chain postrouting {
		type nat hook postrouting priority 100;
		ip saddr $private ip daddr != $private masquerade
	}
}
END
ip route replace unreachable "$private" proto 177
ip route replace unreachable "$public" proto 177
[ -e "$locks/ip_forward" ] || cp /proc/sys/net/ipv4/ip_forward "$locks/ip_forward"
echo 1 >/proc/sys/net/ipv4/ip_forward
