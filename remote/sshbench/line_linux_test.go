package sshbench

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// A line of some length joins two network namespaces of the benchmark's own:
// whatever is sent into one end comes out of the other one later. There is no
// netem in every kernel, and nothing of this computer's network is touched.

const (
	nearAddr, farAddr = "10.99.0.1", "10.99.0.2"
	linePiece         = 68 << 10 // a packet, as large as the kernel hands them over, with its header
	lineQueue         = 1 << 14
)

// openLineEnd makes a network device whose other side is the file.
func openLineEnd(addr string) (*os.File, error) {
	const name = "line"
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open /dev/net/tun: %w", err)
	}
	f := os.NewFile(uintptr(fd), name)
	r, err := unix.NewIfreq(name)
	if err != nil {
		return f, err
	}
	// With a header, the kernel hands segments over before it cuts them into
	// packets: the line costs little, and TCP behaves as over a network card.
	r.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI | unix.IFF_VNET_HDR)
	if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, r); err != nil {
		return f, fmt.Errorf("make the device: %w", err)
	}
	if err := unix.IoctlSetInt(fd, unix.TUNSETOFFLOAD, unix.TUN_F_CSUM|unix.TUN_F_TSO4); err != nil {
		return f, fmt.Errorf("hand segments over whole: %w", err)
	}
	for _, line := range []string{
		"ip link set lo up", "ip addr add " + addr + "/30 dev " + name, "ip link set " + name + " up mtu 1500 txqueuelen 10000",
	} {
		words := strings.Fields(line)
		if out, err := exec.Command(words[0], words[1:]...).CombinedOutput(); err != nil {
			return f, fmt.Errorf("%s: %w: %s", line, err, out)
		}
	}
	return f, nil
}

// joinLine passes packets on between its ends, each one delay later, for good.
func joinLine(a, b *os.File, delay time.Duration) {
	go carryLine(a, b, delay)
	go carryLine(b, a, delay)
}

func carryLine(from, to *os.File, delay time.Duration) {
	type packet struct {
		due  time.Time
		data []byte
	}
	queue, free := make(chan packet, lineQueue), make(chan []byte, lineQueue)
	go func() {
		runtime.LockOSThread() // the system sleeps more exactly than Go does
		for p := range queue {
			if d := time.Until(p.due); d > 0 {
				t := unix.NsecToTimespec(int64(d))
				_ = unix.Nanosleep(&t, nil)
			}
			_, _ = to.Write(p.data)
			select {
			case free <- p.data[:cap(p.data)]:
			default:
			}
		}
	}()
	for {
		var buf []byte
		select {
		case buf = <-free:
		default:
			buf = make([]byte, linePiece)
		}
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		queue <- packet{time.Now().Add(delay), buf[:n]}
	}
}
