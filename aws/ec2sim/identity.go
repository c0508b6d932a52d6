package ec2sim

type callerIdentity struct {
	UserID  string `xml:"UserId"`
	Account string `xml:"Account"`
	ARN     string `xml:"Arn"`
}

const rootUser = "root"

func getCallerIdentity(c *call, _ *struct{}) (*callerIdentity, error) {
	o := c.cloud.opts
	if o.User == rootUser {
		return &callerIdentity{o.Account, o.Account, "arn:aws:iam::" + o.Account + ":root"}, nil
	}
	return &callerIdentity{"AIDASANDBOXSANDBOXES", o.Account, "arn:aws:iam::" + o.Account + ":user/" + o.User}, nil
}

type summaryEntry struct {
	Key   string `xml:"key"`
	Value int    `xml:"value"`
}

type accountSummary struct {
	Entries []summaryEntry `xml:"SummaryMap>entry"`
}

func getAccountSummary(c *call, _ *struct{}) (*accountSummary, error) {
	mfa := 0
	if c.cloud.opts.MFA {
		mfa = 1
	}
	return &accountSummary{[]summaryEntry{{"AccountMFAEnabled", mfa}, {"MFADevices", mfa}, {"Users", 1}}}, nil
}

type listMFADevicesIn struct {
	UserName, Marker string
	MaxItems         *int
}

type mfaDevice struct {
	User    string `xml:"UserName"`
	Serial  string `xml:"SerialNumber"`
	Enabled string `xml:"EnableDate"`
}

type mfaDevices struct {
	Devices   []mfaDevice `xml:"MFADevices>member"`
	Truncated bool        `xml:"IsTruncated"`
}

func listMFADevices(c *call, in *listMFADevicesIn) (*mfaDevices, error) {
	o := c.cloud.opts
	if in.UserName != "" && in.UserName != o.User {
		return nil, &apiError{Code: "NoSuchEntity", Message: "The user with name " + in.UserName + " cannot be found.", Status: 404}
	}
	out := &mfaDevices{}
	if o.MFA {
		out.Devices = []mfaDevice{{o.User, "arn:aws:iam::" + o.Account + ":mfa/" + o.User, "2026-01-01T00:00:00Z"}}
	}
	return out, nil
}
