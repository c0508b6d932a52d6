package settings

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/theme"
	"github.com/jupyter-ec2/jupyter-ec2/ui/wording"
)

// A Key names a setting as files do: as its flag, or tags.NAME.
type Key string

// The settings. A tag is a setting of its own.
const (
	Profile   Key = "profile"
	Region    Key = "region"
	Type      Key = "type"
	Disk      Key = "disk"
	Subnet    Key = "subnet"
	Mode      Key = "mode"
	Installer Key = "installer"
	UI        Key = "ui"
	IdleStop  Key = "idle-stop"
	Lifetime  Key = "lifetime"
	Folder    Key = "project" // the project's folder
	Theme     Key = "theme"
)

const (
	tagsTable = "tags"
	tagPrefix = tagsTable + "."
	// TagsVariable holds tags, as NAME=VALUE,NAME=VALUE.
	TagsVariable = "JUPYTER_EC2_TAGS"
)

// setting is what there is to know of a key.
type setting struct {
	key     Key
	about   string
	builtIn string
	number  bool     // in a file: a whole number
	span    bool     // in a file: a time span in quotes, or minutes
	words   []string // all that it can be, or some of it
	own     bool     // no project's file may set it
	check   func(text string) error
}

func table() []setting {
	return []setting{
		{key: Profile, about: "the profile of the AWS config files", own: true, check: plain("a profile")},
		{key: Region, about: "the region", check: plain("a region")},
		{key: Type, about: "the instance type", check: plain("an instance type")},
		{key: Disk, about: "the disk in GB", builtIn: strconv.Itoa(steps.DefaultDiskGB), number: true, check: checkDisk},
		{
			key: Subnet, about: "the subnet that machines are launched into",
			check: func(text string) error {
				if text == "" {
					return errors.New("no subnet is given: write its ID, subnet-…, or leave the setting out for the default network")
				}
				return valid(func(a *steps.Answers, text string) { a.Subnet = text })(text)
			},
		},
		{
			key: Mode, about: "how the server is reached", builtIn: string(steps.ModeSSH), words: []string{"ssh", "http", "gateway"},
			check: valid(func(a *steps.Answers, text string) { a.Mode = steps.Mode(text) }),
		},
		{
			key: Installer, about: "how Jupyter is installed", builtIn: string(steps.InstallerUV), words: []string{"uv", "pip"},
			check: valid(func(a *steps.Answers, text string) { a.Installer = steps.Installer(text) }),
		},
		{
			key: UI, about: "the page that the URL leads to", builtIn: string(steps.UILab), words: []string{"lab", "tree"},
			check: func(text string) error {
				if text == "" {
					return errors.New("no page is given: it is one of lab, tree")
				}
				return valid(func(a *steps.Answers, text string) { a.UI = steps.UI(text) })(text)
			},
		},
		{key: IdleStop, about: "after how much idle time a machine stops", builtIn: steps.DefaultIdleStop.String(), span: true, check: checkLimit},
		{key: Lifetime, about: "after how much time a machine stops in any case", builtIn: steps.DefaultLifetime.String(), span: true, check: checkLimit},
		{key: Folder, about: "the folder that is kept alike with one of the machine", check: checkFolder},
		{
			key: Theme, about: "what the screen is drawn for", builtIn: string(theme.Auto), words: theme.Choices(), own: true,
			check: func(text string) error { _, err := theme.ParseChoice(text); return err },
		},
	}
}

// Keys are all settings but the tags.
func Keys() []Key {
	var all []Key
	for _, s := range table() {
		all = append(all, s.key)
	}
	return all
}

// TagKey is the key of a tag.
func TagKey(name string) Key { return Key(tagPrefix + name) }

// Tag is the name of the tag that the key is of, or empty.
func (k Key) Tag() string {
	name, ok := strings.CutPrefix(string(k), tagPrefix)
	if !ok {
		return ""
	}
	return name
}

func (k Key) setting() (setting, bool) {
	if k.Tag() != "" {
		return setting{key: k, own: true, check: func(text string) error { return steps.ValidTag(k.Tag(), text) }}, true
	}
	all := table()
	i := slices.IndexFunc(all, func(s setting) bool { return s.key == k })
	if i < 0 {
		return setting{}, false
	}
	return all[i], true
}

// isSetting reports whether a word names a setting that is no tag.
func isSetting(word string) bool { return slices.Contains(Keys(), Key(word)) }

// ParseKey reads a key. The error asks whether another one was meant.
func ParseKey(text string) (Key, error) {
	if _, ok := Key(text).setting(); ok {
		return Key(text), nil
	}
	return "", errors.New(unknown(text))
}

// unknown says that a word is no key.
func unknown(word string) string {
	var all []string
	for _, k := range Keys() {
		all = append(all, string(k))
	}
	text := fmt.Sprintf("there is no setting %q", word)
	if word == tagsTable {
		return text + ": a tag is tags.NAME"
	}
	if guess := wording.Nearest(strings.ReplaceAll(word, "_", "-"), append(all, tagsTable)); guess != "" {
		return text + fmt.Sprintf("; did you mean %q?", guess)
	}
	return text + ": it is one of " + strings.Join(all, ", ") + ", tags.NAME"
}

// BuiltIn is the value where nothing sets it. Empty leaves it to the account.
func (k Key) BuiltIn() string { s, _ := k.setting(); return s.builtIn }

// About says what the setting is, in a few words.
func (k Key) About() string {
	if k.Tag() != "" {
		return "a tag of everything that is created"
	}
	s, _ := k.setting()
	return s.about
}

// Words are values that it can have, for completion: all of them, or usual ones.
func (k Key) Words() []string { s, _ := k.setting(); return s.words }

// Span reports whether the value is a time span, or never.
func (k Key) Span() bool { s, _ := k.setting(); return s.span }

// Variable is the environment variable that sets it.
func (k Key) Variable() string {
	if k.Tag() != "" {
		return TagsVariable
	}
	return "JUPYTER_EC2_" + strings.ToUpper(strings.ReplaceAll(string(k), "-", "_"))
}

func (k Key) flag() string {
	if k.Tag() != "" {
		return "tag"
	}
	return string(k)
}

// Check says what is wrong with a value, in the words of the flag.
func (k Key) Check(text string) error {
	s, ok := k.setting()
	if !ok {
		return errors.New(unknown(string(k)))
	}
	return s.check(text)
}

// answer puts a value into the answers, which has been checked.
func (k Key) answer(a *steps.Answers, text string) {
	switch k {
	case Profile:
		a.Profile = text
	case Region:
		a.Region = text
	case Type:
		a.Type = text
	case Disk:
		a.DiskGB = number(text)
	case Subnet:
		a.Subnet = text
	case Mode:
		a.Mode = steps.Mode(text)
	case Installer:
		a.Installer = steps.Installer(text)
	case UI:
		a.UI = steps.UI(text)
	case IdleStop:
		a.IdleStop, _ = Limit(text) // checked before
	case Lifetime:
		a.Lifetime, _ = Limit(text)
	case Folder:
		a.Project = text
	case Theme: // of the screen, not of a machine
	default:
		if a.Tags == nil {
			a.Tags = map[string]string{}
		}
		a.Tags[k.Tag()] = text
	}
}

// plain is the check of a name that only AWS knows.
func plain(what string) func(string) error {
	const most = 128
	return func(text string) error {
		if text == "" || len(text) > most || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) || strings.TrimSpace(text) != text {
			return fmt.Errorf("%q cannot be the name of %s", text, what)
		}
		return nil
	}
}

// valid is the check of an answer among others that are as they should be.
func valid(set func(a *steps.Answers, text string)) func(string) error {
	return func(text string) error {
		a := steps.Answers{
			Name: steps.DefaultName, Region: "later", Release: steps.DefaultRelease, Type: "later", DiskGB: steps.DefaultDiskGB,
			Mode: steps.ModeSSH, Installer: steps.InstallerUV, Key: steps.KeyAnswer{Source: steps.KeyMadeHere},
		}
		set(&a, text)
		return a.Valid()
	}
}

func checkDisk(text string) error {
	n, err := strconv.Atoi(text)
	if err != nil {
		return fmt.Errorf("a disk needs a whole number such as %d, not %q", steps.DefaultDiskGB, text)
	}
	return valid(func(a *steps.Answers, _ string) { a.DiskGB = n })(text)
}

func checkLimit(text string) error { _, err := Limit(text); return err }

// Limit reads a limit that has to be said.
func Limit(text string) (steps.Limit, error) {
	limit, err := steps.ParseLimit(text)
	switch {
	case err != nil:
		return 0, err
	case limit == 0:
		return 0, errors.New("no duration is given: write 45m, 2h30m or never")
	case limit != steps.Never && limit < steps.MinLimit:
		return 0, fmt.Errorf("%s is too short: use %s or more, or never", limit, steps.MinLimit)
	}
	return limit, nil
}
