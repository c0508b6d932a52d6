package wording

import (
	"fmt"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// Unknown stands for a sum that is not known, Nothing for none at all.
const (
	Unknown = "unknown"
	Nothing = "nothing"
)

// inSandbox is what everything costs there.
const inSandbox = Nothing + ": this is the sandbox"

// Rate is what an hour costs: four places below a dollar, two from there on.
func Rate(v float64) string {
	if v != 0 && v < 1 {
		return fmt.Sprintf("$%.4f", v)
	}
	return fmt.Sprintf("$%.2f", v)
}

// Sum is a sum that has come together, or will.
func Sum(v float64) string {
	if v > 0 && v < 0.01 {
		return "<$0.01"
	}
	return fmt.Sprintf("$%.2f", v)
}

// Monthly is what a month costs.
func Monthly(v float64) string { return fmt.Sprintf("$%.2f", v) }

// Month is what something costs a month, in a column.
func Month(v float64, known, sandbox bool) string {
	switch {
	case sandbox:
		return Nothing
	case !known:
		return Unknown
	}
	return Monthly(v)
}

// PriceCells are what an hour and a month of an instance type cost, in columns
// whose titles have the "$"; asked is false while AWS is still asked.
func PriceCells(hour float64, asked bool) (anHour, aMonth string) {
	switch {
	case hour > 0:
		return fmt.Sprintf("%.4f", hour), fmt.Sprintf("%.2f", hour*steps.HoursPerMonth)
	case !asked:
		return "…", "…"
	}
	return Unknown, Unknown
}

// PriceAMonth is that in a line of text; empty while AWS is still asked.
func PriceAMonth(hour float64, asked bool) string {
	switch {
	case hour > 0:
		return Monthly(hour*steps.HoursPerMonth) + " a month"
	case !asked:
		return ""
	}
	return "price " + Unknown
}

// PriceAge says from when prices are that are not today's: "from 3 days ago";
// empty for those that are.
func PriceAge(age time.Duration) string {
	switch days := int(age / (24 * time.Hour)); {
	case age < steps.PriceFresh:
		return ""
	case days == 1:
		return "from a day ago"
	default:
		return fmt.Sprintf("from %d days ago", days)
	}
}

// PricesAged says that of all prices of a region; empty where there is nothing
// to say.
func PricesAged(p steps.Prices, now time.Time) string {
	if said := PriceAge(now.Sub(p.Fetched)); said != "" && !p.Fetched.IsZero() {
		return "The prices are " + said + "."
	}
	return ""
}

// aged is a price's age, as the end of a line.
func aged(age time.Duration) string {
	if said := PriceAge(age); said != "" {
		return "; price " + said
	}
	return ""
}

// RateCell and SoFarCell are a machine's money in a column.
func RateCell(m steps.Money) string {
	switch {
	case !m.Known:
		return Unknown
	case m.Hour == 0:
		return "-"
	}
	return Rate(m.Hour)
}

// SoFarCell is what a machine has cost, in a column.
func SoFarCell(m steps.Money) string {
	switch {
	case !m.Known:
		return Unknown
	case m.AtLeast:
		return "≥" + Sum(m.SoFar)
	}
	return Sum(m.SoFar)
}

// SoFar is what a machine has cost: "$1.20 so far", "at least $1.20 so far".
func SoFar(m steps.Money) string {
	if m.AtLeast {
		return "at least " + Sum(m.SoFar) + " so far"
	}
	return Sum(m.SoFar) + " so far"
}

// Tomorrow is what more it will be, as the end of a line; empty where nothing
// is added.
func Tomorrow(m steps.Money) string {
	if !m.Known || m.Tomorrow == 0 {
		return ""
	}
	return "; " + Sum(m.Tomorrow) + " more if left until tomorrow"
}

// TomorrowLine is that as a line of its own.
func TomorrowLine(m steps.Money) string {
	return Sum(m.Tomorrow) + " more if it is left as it is until 9 o'clock"
}

// Money is all there is to say of what a machine in that state costs now.
func Money(m steps.Money, state steps.State, sandbox bool) string {
	switch {
	case sandbox:
		return inSandbox
	case state.Gone() && !m.Known:
		return "nothing now"
	case state.Gone():
		return "nothing now; " + SoFar(m)
	case !m.Known && !state.Exists():
		return "nothing yet"
	case !m.Known:
		return "unknown: no price is available, but it costs money"
	case state == steps.StateStopped:
		return SoFar(m) + ", " + Rate(m.Hour) + " an hour for its disk" + aged(m.PriceAge)
	}
	return SoFar(m) + ", " + Rate(m.Hour) + " an hour" + Tomorrow(m) + aged(m.PriceAge)
}

// Together says what several machines cost: "$0.72 an hour; $16.95 if left until
// tomorrow".
func Together(m steps.Money) string {
	least := ""
	switch {
	case m.Hour == 0 && m.Known:
		return Nothing
	case m.Hour == 0:
		return "what is unknown"
	case !m.Known:
		least = "at least "
	}
	return least + Rate(m.Hour) + " an hour; " + Sum(m.Tomorrow) + " if left until tomorrow"
}

// TogetherLine is that as a line of its own, under a list of machines.
func TogetherLine(m steps.Money, sandbox bool) string {
	switch {
	case sandbox:
		return Nothing + " costs money here"
	case m.Hour == 0 && m.Known:
		return Nothing + " costs now"
	case m.Hour == 0:
		return "what they cost is " + Unknown
	}
	return Together(m) + aged(m.PriceAge)
}

// AnHour says what a machine costs while it runs: "costs $0.0120 an hour".
func AnHour(c steps.Cost, sandbox bool) string {
	switch {
	case sandbox:
		return "costs " + inSandbox
	case !c.Known:
		return "costs money (the price is unknown)"
	}
	return "costs " + Rate(c.Hour) + " an hour"
}

// Cost says what a setup costs, running and stopped, or that this is not known;
// age is that of the prices.
func Cost(c steps.Cost, age time.Duration, sandbox bool) string {
	switch {
	case sandbox:
		return inSandbox + ", and nothing is on AWS"
	case !c.Known:
		return "an unknown price"
	}
	running := Rate(c.Hour) + " an hour, about " + Monthly(c.Month) + " a month"
	if c.DiskUnknown {
		return running + ", and the disk, whose price is unknown" + aged(age)
	}
	return running + "; while stopped " + Monthly(c.StoppedMonth) + " a month for the disk" + aged(age)
}
