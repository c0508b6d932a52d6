package problem

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Next is what to do now: sentences about the world, and between them actions
// that the program itself offers. The zero Next is nothing to do.
//
//	problem.Say("Free some space on the machine. Then ").Do(problem.Retry).Say(".")
type Next struct{ parts []part }

// part is a text, or an action where it has a verb.
type part struct {
	text   string
	action Action
}

// Say begins with a text.
func Say(text string) Next { return Next{}.Say(text) }

// Do begins with an action.
func Do(verb Verb) Next { return Next{}.Do(verb) }

// Act begins with an action that has parameters.
func Act(a Action) Next { return Next{}.Act(a) }

// Say adds a text. It holds no flag, key or command of the program.
func (n Next) Say(text string) Next { return n.add(part{text: text}) }

// Do adds an action without parameters.
func (n Next) Do(verb Verb) Next { return n.Act(Action{Verb: verb}) }

// Act adds an action.
func (n Next) Act(a Action) Next { return n.add(part{action: a}) }

// Then adds what another Next says.
func (n Next) Then(more Next) Next { return n.add(more.parts...) }

func (n Next) add(parts ...part) Next {
	return Next{append(slices.Clip(n.parts), parts...)}
}

// Empty reports whether there is nothing to do.
func (n Next) Empty() bool { return len(n.parts) == 0 }

// In words the actions and returns the whole text. The words of an action are
// an imperative phrase without a capital and without a stop, such as "try
// again"; one that begins a sentence gets its capital here.
func (n Next) In(words func(Action) string) string {
	var b strings.Builder
	for _, p := range n.parts {
		if p.action.Verb == "" {
			b.WriteString(p.text)
			continue
		}
		text := words(p.action)
		if begins(b.String()) {
			text = Capital(text)
		}
		b.WriteString(text)
	}
	return b.String()
}

// String shows the actions by their verbs, for tests and logs: "Free some
// space, then [retry]."
func (n Next) String() string {
	return n.In(func(a Action) string {
		words := []string{string(a.Verb)}
		for _, w := range []string{a.Name, a.What, a.Command} {
			if w != "" {
				words = append(words, w)
			}
		}
		return "[" + strings.Join(words, " ") + "]"
	})
}

// With replaces each text, and each parameter, by what change makes of it.
func (n Next) With(change func(string) string) Next {
	parts := slices.Clone(n.parts)
	for i := range parts {
		p := &parts[i]
		p.text = around(p.text, change)
		p.action.Name, p.action.What, p.action.Command = change(p.action.Name), change(p.action.What), change(p.action.Command)
	}
	return Next{parts}
}

// around changes a text and keeps the spaces at its ends, which part it from
// the words of an action.
func around(text string, change func(string) string) string {
	inner := strings.Trim(text, " ")
	if inner == "" {
		return text
	}
	before, after, _ := strings.Cut(text, inner)
	return before + change(inner) + after
}

// begins reports whether what comes next begins a sentence.
func begins(before string) bool {
	before = strings.TrimRight(before, " ")
	return before == "" || strings.HasSuffix(before, ".") || strings.HasSuffix(before, "?")
}

// Capital begins a text with a capital letter.
func Capital(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	if size == 0 {
		return ""
	}
	return string(unicode.ToUpper(first)) + text[size:]
}

// Sentence makes an error's text a sentence: a capital first and a stop last. A
// flag's or a file's name is left as it is, and so is a question.
func Sentence(text string) string {
	if strings.HasSuffix(text, "?") {
		return Capital(text)
	}
	return strings.TrimSuffix(Capital(text), ".") + "."
}
