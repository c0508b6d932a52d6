package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/jupyter-ec2/jupyter-ec2/ui/settings"
)

func (p *Program) configGetCommand(sandbox *bool) *cobra.Command {
	all := false
	var flags *pflag.FlagSet
	cmd, _ := commandSpec{
		use: "get [KEY]", short: "Print a setting, or all with where they come from", least: 0, most: 1,
		want: "name one setting, or give --all",
		long: `Prints the value of a setting that counts here and now, or with --all every setting with its value and where it comes from. Flags of "up" can stand beside it: then it is what an "up" with them would start from.

With --json, a line of kind "setting" each: key, value, source (flag, environment, project, file or built in), where, and the line of a file; and "done" at the end.`,
		example: `jupyter-ec2 config get type
jupyter-ec2 config get --all
jupyter-ec2 config get --all --type t3.large`,
		complete: settingWords,
		run:      func(_ context.Context, r *request) error { return r.configGet(all, flags) },
	}.command(p, sandbox)
	flags = cmd.Flags()
	flags.BoolVar(&all, "all", false, "print all settings, and where each comes from")
	for _, k := range settings.Keys() {
		flags.String(string(k), "", "as the flag of that name would have it")
		_ = flags.MarkHidden(string(k)) // the flag exists: it is defined above
	}
	flags.Var(&tagFlag{}, "tag", "as the flag of that name would have it")
	_ = flags.MarkHidden("tag") // likewise
	return cmd
}

// jsonSetting is a line of kind "setting".
type jsonSetting struct {
	Kind   string `json:"kind"`
	Key    string `json:"key"`
	Value  string `json:"value"`
	Source string `json:"source"`
	Where  string `json:"where,omitempty"` // the file, the variable or the flag
	Line   int    `json:"line,omitempty"`  // of the file
}

func settingOf(k settings.Key, v settings.Value) jsonSetting {
	return jsonSetting{"setting", string(k), v.Text, v.From.String(), v.Where, v.Line}
}

func (r *request) configGet(all bool, flags *pflag.FlagSet) error {
	if all == (len(r.args) == 1) {
		return usage(r.command, "name one setting, or give --all")
	}
	s := r.settings()
	if err := r.withFlags(s, flags); err != nil {
		return err
	}
	keys := s.Keys()
	if !all {
		k, err := r.key(r.args[0])
		if err != nil {
			return err
		}
		keys = []settings.Key{k}
		r.line("%s", s.Get(k).Text)
	}
	for _, k := range keys {
		r.object(settingOf(k, s.Get(k)))
	}
	if all && !r.asJSON {
		if err := r.settingTable(s); err != nil {
			return err
		}
	}
	r.tellFaults(s)
	r.object(jsonDone{Time: r.Now(), Kind: "done"})
	return nil
}

// withFlags has the flags of "up" count as they would there.
func (r *request) withFlags(s *settings.Settings, flags *pflag.FlagSet) (err error) {
	flags.Visit(func(f *pflag.Flag) {
		k, known := settings.ParseKey(f.Name)
		if known != nil || err != nil {
			return
		}
		if err = s.With(k, f.Value.String()); err != nil {
			err = usage(r.command, "--%s: %w", f.Name, err)
		}
	})
	if tag, ok := flags.Lookup("tag").Value.(*tagFlag); ok && err == nil {
		for name, value := range tag.tags {
			if err = s.With(settings.TagKey(name), value); err != nil {
				return usage(r.command, "--tag: %w", err)
			}
		}
	}
	return err
}

func (r *request) settingTable(s *settings.Settings) error {
	columns := []column{{title: "SETTING"}, {title: "VALUE"}, {title: "FROM", label: "from", give: 1}}
	var rows [][]cell
	for _, k := range s.Keys() {
		v := s.Get(k)
		row := []cell{{text: string(k)}, {text: dash(v.Text)}, {text: v.At()}}
		if v.From == settings.BuiltIn {
			row[2] = cell{text: v.At(), tone: faint}
			if v.Text == "" {
				row[2].text = map[settings.Key]string{
					settings.Profile: "the AWS tools' own", settings.Region: "the profile's own", settings.Type: "t2.micro, or of the free tier",
					settings.Subnet: "the default network", settings.Folder: "none",
				}[k]
			}
		}
		rows = append(rows, row)
	}
	if err := r.paper().table(columns, rows); err != nil {
		return fmt.Errorf("print the settings: %w", err)
	}
	r.remind("Where nothing is set, a new machine starts from the last one's answers if you see the review, else from what is built in.\n")
	return nil
}
