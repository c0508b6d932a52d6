package theme

import (
	"fmt"
	"strconv"
	"strings"
)

// Choice is what the person wants a screen to be drawn for.
type Choice string

// The choices. Auto, which is also the empty one, goes by the terminal.
const (
	Auto  Choice = "auto"
	Dark  Choice = "dark"
	Light Choice = "light"
	None  Choice = "none" // no colour
)

// Variable is the environment variable that holds a choice.
const Variable = "JUPYTER_EC2_THEME"

// Choices are the words for the choices.
func Choices() []string { return []string{string(Auto), string(Dark), string(Light), string(None)} }

// ParseChoice reads a choice.
func ParseChoice(text string) (Choice, error) {
	for _, c := range Choices() {
		if text == c {
			return Choice(c), nil
		}
	}
	return "", fmt.Errorf("there is no theme %q: it is one of %s", text, strings.Join(Choices(), ", "))
}

// First is the theme to begin with in an environment of "NAME=value", and
// whether what the terminal says of its background may change it. A choice is
// stronger than NO_COLOR and TERM=dumb; without one COLORFGBG tells the
// background until the terminal does.
func (c Choice) First(env []string) (th Theme, terminalDecides bool) {
	dark, color := true, true
	for _, e := range env {
		switch name, value, _ := strings.Cut(e, "="); {
		case name == "NO_COLOR" && value != "", name == "TERM" && value == "dumb":
			color = false
		case name == "COLORFGBG":
			dark = !lightBackground(value)
		}
	}
	switch c {
	case Dark, Light:
		return New(c == Dark, true), false
	case None:
		return New(dark, false), false
	case Auto:
	}
	return New(dark, color), true
}

// Overrides reports whether the choice is for colours, whatever NO_COLOR says.
func (c Choice) Overrides() bool { return c == Dark || c == Light }

// lightBackground reads COLORFGBG as rxvt and others write it: the foreground
// and, last, the background, as colours of the usual sixteen. Of these the
// light grey and the bright ones are light, and the dark grey is not.
func lightBackground(value string) bool {
	n, err := strconv.Atoi(value[strings.LastIndex(value, ";")+1:])
	return err == nil && (n == 7 || n >= 9 && n <= 15)
}
