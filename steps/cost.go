package steps

import "time"

// PriceFresh is how long a price counts as today's. An older one is said to be
// so, and is asked for again.
const PriceFresh = 24 * time.Hour

// HoursPerMonth is AWS's own reckoning of a month for its price examples.
const HoursPerMonth = 730

// CostOf reckons what a machine of this type and disk costs, with its public
// IPv4 address. A missing price makes the whole unknown: never guess.
func CostOf(p Prices, instanceType string, diskGB int) Cost {
	c := Cost{Type: p.Hour[instanceType], IPv4: p.IPv4, Disk: p.GP3 * float64(diskGB) / HoursPerMonth, At: p.Fetched}
	c.Known = c.Type > 0
	c.DiskUnknown = p.GP3 == 0
	if c.Known {
		c.Hour = c.Type + c.IPv4 + c.Disk
		c.Month = c.Hour * HoursPerMonth
	}
	c.StoppedMonth = p.GP3 * float64(diskGB)
	return c
}

// Age is how old the prices are; 0 where there are none, or nobody wrote it down.
func (c Cost) Age(now time.Time) time.Duration {
	if !c.Known || c.At.IsZero() {
		return 0
	}
	return max(now.Sub(c.At), 0)
}
