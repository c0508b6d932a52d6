package steps

import "testing"

func TestBytes(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 B", 1023: "1023 B", 1024: "1.0 KiB", 4321: "4.2 KiB", 900 << 20: "900.0 MiB",
		1<<20 - 1: "1.0 MiB", 30 << 30: "30.0 GiB", 5 << 40: "5.0 TiB", 1 << 60: "1048576.0 TiB",
	} {
		if got := Bytes(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
	for _, c := range []struct {
		part, whole int64
		want        string
	}{
		{0, 900 << 20, "0.0 of 900.0 MiB"}, {512, 1000, "512 of 1000 B"}, {2112 << 20, 7868 << 20, "2.1 of 7.7 GiB"},
	} {
		if got := BytesOf(c.part, c.whole); got != c.want {
			t.Errorf("%d of %d is %q, want %q", c.part, c.whole, got, c.want)
		}
	}
}
