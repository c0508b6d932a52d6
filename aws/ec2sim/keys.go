package ec2sim

import (
	"slices"
	"time"
)

type keyPair struct {
	ID, Name, Kind, Fingerprint string
	PublicKey                   string // without comment
	Created                     time.Time
}

func (r *region) keyNamed(name string) *keyPair {
	return find(r.Keys, func(k *keyPair) bool { return k.Name == name })
}

type describeKeyPairsIn struct {
	KeyName, KeyPairId []string
	IncludePublicKey   bool
	Filter             []filter
}

type keyPairInfo struct {
	ID          string `xml:"keyPairId"`
	Name        string `xml:"keyName"`
	Kind        string `xml:"keyType"`
	Fingerprint string `xml:"keyFingerprint"`
	PublicKey   string `xml:"publicKey,omitempty"`
	Created     string `xml:"createTime"`
	Tags        []tag  `xml:"tagSet>item"`
}

type describeKeyPairsOut struct {
	Keys []*keyPairInfo `xml:"keySet>item"`
}

func describeKeyPairs(c *call, in *describeKeyPairsIn) (*describeKeyPairsOut, error) {
	for _, name := range in.KeyName {
		if c.region.keyNamed(name) == nil {
			return nil, refuse("InvalidKeyPair.NotFound", "The key pair '%s' does not exist", name)
		}
	}
	for _, id := range in.KeyPairId {
		if _, err := c.region.kindOf(id); err != nil {
			return nil, err
		}
	}
	var all []*keyPairInfo
	for _, k := range c.region.Keys {
		if len(in.KeyName)+len(in.KeyPairId) > 0 && !slices.Contains(in.KeyName, k.Name) && !slices.Contains(in.KeyPairId, k.ID) {
			continue
		}
		info := &keyPairInfo{
			ID: k.ID, Name: k.Name, Kind: k.Kind, Fingerprint: k.Fingerprint,
			Created: wireTime(k.Created), Tags: wireTags(c.region.Tags[k.ID]),
		}
		if in.IncludePublicKey {
			// EC2 gives the key's name as its comment.
			info.PublicKey = k.PublicKey + " " + k.Name + "\n"
		}
		all = append(all, info)
	}
	all, err := sift(all, in.Filter, func(k *keyPairInfo, name string) ([]string, bool) {
		switch name {
		case "key-name":
			return []string{k.Name}, true
		case "key-pair-id":
			return []string{k.ID}, true
		case "fingerprint":
			return []string{k.Fingerprint}, true
		}
		return nil, false
	}, func(k *keyPairInfo) map[string]string { return c.region.Tags[k.ID] })
	return &describeKeyPairsOut{all}, err
}

func wireTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

type importKeyPairIn struct {
	KeyName           string
	PublicKeyMaterial []byte
	TagSpecification  []tagSpec
}

type newKeyPair struct {
	ID          string `xml:"keyPairId"`
	Name        string `xml:"keyName"`
	Fingerprint string `xml:"keyFingerprint"`
	Material    string `xml:"keyMaterial,omitempty"`
	Tags        []tag  `xml:"tagSet>item"`
}

func importKeyPair(c *call, in *importKeyPairIn) (*newKeyPair, error) {
	tags, err := c.checkNewKey(in.KeyName, in.TagSpecification)
	if err != nil {
		return nil, err
	}
	public, err := parsePublicKey(in.PublicKeyMaterial)
	if err != nil {
		return nil, err
	}
	if err := c.effect(); err != nil {
		return nil, err
	}
	return c.addKey(in.KeyName, public, tags), nil
}

func (c *call) checkNewKey(name string, specs []tagSpec) (map[string]string, error) {
	switch {
	case name == "":
		return nil, refuse("MissingParameter", "The request must contain the parameter KeyName")
	case len(name) > 255:
		return nil, refuse("InvalidParameterValue", "Value (%s) for parameter KeyName is invalid. Length exceeds maximum of 255.", name)
	case c.region.keyNamed(name) != nil:
		return nil, refuse("InvalidKeyPair.Duplicate", "The keypair already exists")
	}
	return tagsFor(specs, "key-pair")
}

func (c *call) addKey(name string, public publicKey, tags map[string]string) *newKeyPair {
	k := &keyPair{newID("key"), name, public.kind, public.fingerprint, public.line, c.now}
	c.region.Keys = append(c.region.Keys, k)
	c.region.tag(k.ID, tags)
	return &newKeyPair{ID: k.ID, Name: k.Name, Fingerprint: k.Fingerprint, Tags: wireTags(tags)}
}

type createKeyPairIn struct {
	KeyName, KeyType, KeyFormat string
	TagSpecification            []tagSpec
}

func createKeyPair(c *call, in *createKeyPairIn) (*newKeyPair, error) {
	tags, err := c.checkNewKey(in.KeyName, in.TagSpecification)
	switch {
	case err != nil:
		return nil, err
	case in.KeyFormat != "" && in.KeyFormat != "pem":
		return nil, refuse("InvalidParameterValue", "The embedded cloud has no key format '%s'.", in.KeyFormat)
	case in.KeyType != "" && in.KeyType != "rsa" && in.KeyType != "ed25519":
		return nil, refuse("InvalidParameterValue", "Invalid value '%s' for keyType.", in.KeyType)
	}
	if err := c.effect(); err != nil {
		return nil, err
	}
	public, private, err := createKey(in.KeyType)
	if err != nil {
		return nil, err
	}
	out := c.addKey(in.KeyName, public, tags)
	out.Material = string(private)
	return out, nil
}

type deleteKeyPairIn struct{ KeyName, KeyPairId string }

type deletedKeyPair struct {
	Return bool   `xml:"return"`
	ID     string `xml:"keyPairId,omitempty"`
}

// deleteKeyPair succeeds for a key pair that is not there, as EC2 does.
func deleteKeyPair(c *call, in *deleteKeyPairIn) (*deletedKeyPair, error) {
	if (in.KeyName == "") == (in.KeyPairId == "") {
		return nil, refuse("MissingParameter", "The request must contain either the parameter KeyName or KeyPairId")
	}
	if err := c.effect(); err != nil {
		return nil, err
	}
	out := &deletedKeyPair{Return: true}
	c.region.Keys = slices.DeleteFunc(c.region.Keys, func(k *keyPair) bool {
		is := k.ID == in.KeyPairId || k.Name == in.KeyName
		if is {
			out.ID = k.ID
			delete(c.region.Tags, k.ID)
		}
		return is
	})
	return out, nil
}
