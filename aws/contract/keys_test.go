package contract

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"slices"
	"strings"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
)

// Public keys whose private halves were thrown away.
const (
	edKey    = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKbcMPOkKBDTSwzcF8BrCTOvrcYPdKIpdP4exVZSDYex"
	otherKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAlLOCCHKT2ems4n6TZhrkcX+Yie6kBQAjR+Y6qVraHa"
	rsaKey   = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQDVCbrFz8u0Uh2H002k9wVVxC93UiEJYcEDTOh5j6SUwwOvhdoJOBdANSekkmssIMIWu/uMCMPS2DQ4/K8aaTTCSn6/ui0LbgQ16a/bps32N1NJupQNK9O9ziatZ5Qvafbmh09nTmFT4C+XILPYCNzcEjMO/cgqzTamj+EajCGPF817bNzZxpMY0/7+c0loYNpaHDcbMXBha/tXfmNXe+ob+7IbREUr+YZUWuZyS8/9H7qRFyVURodmuPX5V+iI1YvUMAuQN5j5N0udRTL13cuOYCVAnifePyL9T/GuJRZnhS3fuVb63vyRwOtAZa/EwI0GPc7PHNh7EGKm6ovRXjPtVPHgng4UmNjl32Tnc2bKG0zjQIy9tUc9WRio/VvjgkSe12vlB+M0q0HI/6fDZS3Xb/vTHpDhTgFjZrW4+Zq/9Au2kkdfn2OuJY16NL5/U3DYxcSzdUdZAvkX6E6D/T5j4Q3odja/UA+MJwqo2LHE/XHEpuczDy6g5snDIuPxxuk="
	ecKey    = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBH/271O5BeRS1YGkrlJRsPCcABerUx2trZ3toYwT82wrzOkgy2pPD34+VgW/E7r5JOBpXSN7aileJzE0DvOOeWk="
)

// mine are the tags of one setup.
func mine() map[string]string {
	return map[string]string{aws.TagSetup: "s1", aws.TagName: "demo", "Name": "jupyter-ec2 demo"}
}

func keyPromises() []promise {
	return slices.Concat(importPromises(), []promise{
		{"KeyPairs", "be none in a new account", func(ctx context.Context, c *cloud) error {
			list, err := c.KeyPairs(ctx)
			return errors.Join(err, same("key pairs", len(list), 0))
		}},
		{"KeyPairsByTag", "find those with all the tags", func(ctx context.Context, c *cloud) error {
			a, err := c.ImportKeyPair(ctx, "a", edKey, mine())
			other := mine()
			other[aws.TagSetup] = "s2"
			_, err2 := c.ImportKeyPair(ctx, "b", otherKey, other)
			found, err3 := c.KeyPairsByTag(ctx, map[string]string{aws.TagSetup: "s1", aws.TagName: "demo"})
			none, err4 := c.KeyPairsByTag(ctx, map[string]string{aws.TagSetup: "s1", aws.TagName: "other"})
			return errors.Join(err, err2, err3, err4, same("key pairs", found, []aws.KeyPair{a}), same("of other tags", len(none), 0))
		}},
		{"CreateKeyPair", "answer an ed25519 key whose public half EC2 keeps", func(ctx context.Context, c *cloud) error {
			k, private, err := c.CreateKeyPair(ctx, "made", mine())
			if err != nil {
				return err
			}
			listed, err := c.KeyPairs(ctx)
			if err != nil || len(listed) != 1 {
				return errors.Join(err, that(false, "%d key pairs", len(listed)))
			}
			block, rest := pem.Decode(private)
			kind, text, _ := strings.Cut(listed[0].PublicKey, " ")
			blob, err := base64.StdEncoding.DecodeString(text)
			return errors.Join(err, same("kind", kind, "ssh-ed25519"), same("tags", k.Tags, mine()), same("ID", listed[0].ID, k.ID),
				that(block != nil && len(bytes.TrimSpace(rest)) == 0, "no PEM"),
				// OpenSSH's form has the public key in it, and nothing else is ed25519's here.
				that(block != nil && block.Type == "OPENSSH PRIVATE KEY" && len(blob) > 0 && bytes.Contains(block.Bytes, blob), "another private key"))
		}},
		{"CreateKeyPair", "refuse a name that is taken", func(ctx context.Context, c *cloud) error {
			_, _, err := c.CreateKeyPair(ctx, "made", nil)
			_, _, again := c.CreateKeyPair(ctx, "made", nil)
			return errors.Join(err, explained(again, "answers", "The key pair's name is taken", "InvalidKeyPair.Duplicate"))
		}},
		{"DeleteKeyPair", "delete that one, and again without an error", func(ctx context.Context, c *cloud) error {
			a, err := c.ImportKeyPair(ctx, "a", edKey, nil)
			b, err2 := c.ImportKeyPair(ctx, "b", otherKey, nil)
			err3, err4 := c.DeleteKeyPair(ctx, a.ID), c.DeleteKeyPair(ctx, a.ID)
			if err := errors.Join(err, err2, err3, err4); err != nil {
				return err // it says what is left
			}
			left, err5 := c.KeyPairs(ctx)
			return errors.Join(err, err2, err3, err4, err5, that(len(left) == 1 && left[0].ID == b.ID, "left: %+v", left))
		}},
		{"DeleteKeyPair", "succeed for one that never was", func(ctx context.Context, c *cloud) error {
			return c.DeleteKeyPair(ctx, "key-0123456789abcdef0")
		}},
	})
}

func importPromises() []promise {
	bad := func(public string) func(context.Context, *cloud) error {
		return func(ctx context.Context, c *cloud) error {
			_, err := c.ImportKeyPair(ctx, "bad", public, nil)
			list, err2 := c.KeyPairs(ctx)
			return errors.Join(explained(err, "answers", "EC2 does not know or accept this key", "InvalidKey.Format", "InvalidKeyPair.Format"), err2, same("key pairs", len(list), 0))
		}
	}
	good := func(public string) func(context.Context, *cloud) error {
		return func(ctx context.Context, c *cloud) error {
			k, err := c.ImportKeyPair(ctx, "mine", public+" me@here", mine())
			list, err2 := c.KeyPairs(ctx)
			want := aws.KeyPair{ID: k.ID, Name: "mine", PublicKey: public, Tags: mine()}
			return errors.Join(err, err2, that(strings.HasPrefix(k.ID, "key-"), "ID %q", k.ID), same("answer", k, want), same("listed", list, []aws.KeyPair{want}))
		}
	}
	return []promise{
		{"ImportKeyPair", "take an ed25519 key, with its tags", good(edKey)},
		{"ImportKeyPair", "take an RSA key", good(rsaKey)},
		{"ImportKeyPair", "answer the same key pair for the same name and key", func(ctx context.Context, c *cloud) error {
			first, err := c.ImportKeyPair(ctx, "mine", edKey, mine())
			again, err2 := c.ImportKeyPair(ctx, "mine", edKey+" from another computer", mine())
			return errors.Join(err, err2, same("again", again, first))
		}},
		{"ImportKeyPair", "refuse a name that another key has", func(ctx context.Context, c *cloud) error {
			_, err := c.ImportKeyPair(ctx, "mine", edKey, nil)
			_, again := c.ImportKeyPair(ctx, "mine", otherKey, nil)
			return errors.Join(err, explained(again, "answers", "The key pair's name is taken", "KeyNameTaken"))
		}},
		{"ImportKeyPair", "refuse what is no key", bad("hello")},
		{"ImportKeyPair", "refuse a private key", bad("-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n-----END OPENSSH PRIVATE KEY-----\n")},
		{"ImportKeyPair", "refuse a kind that EC2 does not take", bad(ecKey)},
	}
}
