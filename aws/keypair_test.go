package aws

import (
	"context"
	"encoding/base64"
	"errors"
	"testing"
	"testing/synctest"
)

func keys(public string) reply {
	return ok("DescribeKeyPairs", `<keySet><item><keyPairId>key-1</keyPairId><keyName>demo</keyName><publicKey>`+public+`</publicKey><tagSet><item><key>jupyter-ec2</key><value>s1</value></item></tagSet></item></keySet>`)
}

func TestImportKeyPair(t *testing.T) {
	duplicate := ec2Error("InvalidKeyPair.Duplicate", "already exists")
	for _, c := range []struct {
		name      string
		imported  reply
		described reply
		id, code  string
	}{
		{"new", ok("ImportKeyPair", "<keyPairId>key-9</keyPairId><keyName>demo</keyName>"), reply{}, "key-9", ""},
		{"there already", duplicate, keys(ed25519Key + " other-comment\n"), "key-1", ""},
		{"the name is another key's", duplicate, keys(rsaKey), "", codeKeyNameTaken},
		{"taken without a word", ok("ImportKeyPair", "<keyName>demo</keyName>"), keys(ed25519Key), "key-1", ""},
		{"not there for all that was said", ok("ImportKeyPair", "<keyName>demo</keyName>"), ok("DescribeKeyPairs", "<keySet/>"), "", codeIncomplete},
		{"malformed", ec2Error("InvalidKey.Format", "Key is not in valid OpenSSH public key format"), reply{}, "", "InvalidKey.Format"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, w := regional(t, answers{"ImportKeyPair": always(c.imported), "DescribeKeyPairs": always(c.described)})
				got, err := r.ImportKeyPair(context.Background(), "demo", ed25519Key+" me@here", map[string]string{TagSetup: "s1"})
				if got.ID != c.id || codeOf(err) != c.code || c.code == "" && got.PublicKey != ed25519Key {
					t.Errorf("%+v, %v", got, err)
				}
				if err != nil {
					if kind, _, _, _ := explained(t, err); (kind != "answers") != (c.code == codeIncomplete) {
						t.Errorf("kind %s", kind)
					}
				}
				wantField(t, w.sent("ImportKeyPair", 0), map[string]string{
					"KeyName": "demo", "PublicKeyMaterial": base64.StdEncoding.EncodeToString([]byte(ed25519Key + " me@here")),
					"TagSpecification.1.ResourceType": "key-pair", "TagSpecification.1.Tag.1.Value": "s1",
				})
			})
		})
	}
}

func TestCreateAndDeleteKeyPair(t *testing.T) {
	const whole = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
	r, w := regional(t, answers{
		"CreateKeyPair":    always(ok("CreateKeyPair", "<keyPairId>key-2</keyPairId><keyName>demo</keyName><keyMaterial>"+whole+"</keyMaterial>")),
		"DescribeKeyPairs": always(ok("DescribeKeyPairs", "<keySet/>")),
		"DeleteKeyPair":    inTurn(ok("DeleteKeyPair", "<return>true</return>"), ec2Error("InvalidKeyPair.NotFound", "x"), ec2Error("UnauthorizedOperation", "x")),
	})
	k, pem, err := r.CreateKeyPair(context.Background(), "demo", nil)
	if err != nil || k.ID != "key-2" || k.Name != "demo" || string(pem) != whole {
		t.Errorf("%+v, %q, %v", k, pem, err)
	}
	wantField(t, w.sent("CreateKeyPair", 0), map[string]string{"KeyType": "ed25519", "KeyFormat": "pem"})
	for n, fails := range []bool{false, false, true} {
		if err := r.DeleteKeyPair(context.Background(), "key-2"); (err != nil) != fails {
			t.Errorf("delete %d: %v", n, err)
		}
	}
	wantField(t, w.sent("DeleteKeyPair", 0), map[string]string{"KeyPairId": "key-2"})
}

func TestKeyPairs(t *testing.T) {
	r, w := regional(t, answers{"DescribeKeyPairs": always(keys(ed25519Key + " comment"))})
	for n, list := range []func() ([]KeyPair, error){
		func() ([]KeyPair, error) { return r.KeyPairs(context.Background()) },
		func() ([]KeyPair, error) {
			return r.KeyPairsByTag(context.Background(), map[string]string{TagSetup: "s1"})
		},
	} {
		got, err := list()
		if err != nil || len(got) != 1 || got[0].PublicKey != ed25519Key || got[0].Tags[TagSetup] != "s1" {
			t.Errorf("%v, %v", got, err)
		}
		want := map[string]string{"IncludePublicKey": "true", "Filter.1.Name": ""}
		if n == 1 {
			want["Filter.1.Name"] = "tag:jupyter-ec2"
		}
		wantField(t, w.sent("DescribeKeyPairs", n), want)
	}
}

var errLost = errors.New("connection reset by peer")
