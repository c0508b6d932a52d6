package private

import "testing"

const (
	me       = "S-1-5-21-1-2-3-1001"
	system   = "S-1-5-18"
	admins   = "S-1-5-32-544"
	users    = "S-1-5-32-545"
	everyone = "S-1-1-0"
	anybody  = "S-1-5-11" // all who have logged in
	creator  = "S-1-3-0"

	full   = 0x1f01ff
	modify = 0x1301bf
	read   = 0x1200a9
)

func allow(who string, mask uint32) entry { return entry{who: who, mask: mask, grants: true} }

// What the lists of common places say of others.
func TestJudge(t *testing.T) {
	for name, c := range map[string]struct {
		owner string
		list  []entry
		none  bool
		want  Access
	}{
		"a profile's folder":                              {me, []entry{allow(system, full), allow(admins, full), allow(me, full)}, false, Access{}},
		"made by an administrator":                        {admins, []entry{allow(system, full), allow(admins, full), allow(me, full)}, false, Access{}},
		"readable by its user alone, as icacls leaves it": {me, []entry{allow(me, read)}, false, Access{}},
		"the root of a second disk": {
			admins,
			[]entry{allow(admins, full), allow(system, full), allow(anybody, modify), allow(users, read), {who: creator, mask: genericAll, grants: true, below: true}},
			false,
			Access{Read: true, Write: true, Who: anybody},
		},
		"a shared folder":            {me, []entry{allow(me, full), allow(users, read)}, false, Access{Read: true, Who: users}},
		"a key for everybody":        {me, []entry{allow(me, full), allow(everyone, genericRead)}, false, Access{Read: true, Who: everyone}},
		"may change the list":        {me, []entry{allow(me, full), allow(users, writeDAC)}, false, Access{Read: true, Write: true, Who: users}},
		"may put something in":       {me, []entry{allow(me, full), allow(users, fileWrite)}, false, Access{Write: true, Who: users}},
		"may ask for its attributes": {me, []entry{allow(me, full), allow(users, 0x100080)}, false, Access{}},
		"forbidden to others":        {me, []entry{allow(me, full), {who: everyone, mask: full}}, false, Access{}},
		"for what is made in it":     {me, []entry{allow(me, full), {who: users, mask: full, grants: true, below: true}}, false, Access{}},
		"an app's container, OWNER RIGHTS, a logon": {
			me, []entry{allow("S-1-15-2-1", read), allow("S-1-3-4", full), allow("S-1-5-5-0-1234", full)}, false, Access{},
		},
		"no list":       {me, nil, true, Access{Read: true, Write: true, Who: everyone}},
		"an empty list": {me, nil, false, Access{}},
		"another user's": {
			"S-1-5-21-1-2-3-1002",
			[]entry{allow(me, full), allow("S-1-5-21-1-2-3-1002", full)},
			false,
			Access{Read: true, Write: true, Who: "S-1-5-21-1-2-3-1002", Owner: "S-1-5-21-1-2-3-1002"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := judge(c.owner, me, c.list, c.none); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}
