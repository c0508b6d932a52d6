package aws

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
)

// sharedConfig reads the configuration of a profile, or of the default chain of
// AWS's tools. The files are read here and not by the SDK: it takes neither
// their names in quotes nor UTF-16, its errors quote values, and it does not
// say which of several settings decides. It is handed the settings that it
// knows, without a secret in them; keys and programs are given to it directly.
func sharedConfig(ctx context.Context, o Options) (sdk.Config, origins, error) {
	files, err := readSettings(os.Getenv)
	if err != nil {
		return sdk.Config{}, origins{}, err
	}
	l := &loader{Options: o, files: files, prompts: newPrompts(o.MFACode)}
	cfg, err := l.load(ctx)
	return cfg, l.from, err
}

type loader struct {
	Options
	files   *settings
	prompts *prompts
	profile *section // the chosen one; an empty one where there is none
	chain   chain
	from    origins
}

func (l *loader) load(ctx context.Context) (sdk.Config, error) {
	if err := l.choose(); err != nil {
		return sdk.Config{}, err
	}
	if err := l.from.check(); err != nil {
		return sdk.Config{}, err
	}
	if err := l.from.checkBundle(l.profile); err != nil {
		return sdk.Config{}, err
	}
	provider, err := l.provider()
	if err != nil {
		return sdk.Config{}, err
	}
	path, err := l.writeFlat()
	if err != nil {
		return sdk.Config{}, err
	}
	options := l.options(path, provider)
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if removed := os.Remove(path); err == nil && removed != nil {
		return sdk.Config{}, fmt.Errorf("remove a temporary file: %w", removed)
	}
	if err != nil {
		return sdk.Config{}, l.blame(err)
	}
	for _, role := range l.chain.roles {
		if err := l.assume(&cfg, role); err != nil {
			return sdk.Config{}, err
		}
	}
	cfg.Credentials = l.prompts.around(cfg.Credentials)
	return cfg, nil
}

// choose finds the profile, as AWS's tools do, and where what counts comes from.
func (l *loader) choose() error {
	name, at := l.Profile, place{}
	if name == EnvironmentProfile && l.files.profiles[name] == nil {
		name = ""
	}
	explicit := name != ""
	if !explicit {
		name = cmp.Or(os.Getenv("AWS_PROFILE"), os.Getenv("AWS_DEFAULT_PROFILE"))
	}
	// A caller that asks for a profile by name may have it from the variable.
	if v := firstEnv("AWS_PROFILE", "AWS_DEFAULT_PROFILE"); v != "" && os.Getenv(v) == name {
		at = place{env: v}
	}
	l.profile = l.files.profiles[cmp.Or(name, "default")]
	l.from = originsOf(l.files, l.profile, !explicit)
	switch {
	case l.profile == nil && name != "":
		return absent(name, at)
	case l.profile == nil:
		l.profile = &section{kind: "profile", name: "default", settings: map[string]setting{}}
	}
	if !explicit && (envKeys() || os.Getenv("AWS_WEB_IDENTITY_TOKEN_FILE") != "") {
		l.chain.leaf = &section{}
		return l.profile.checkRegions(l.profile)
	}
	l.files.profiles[l.profile.name] = l.profile
	var err error
	if l.chain, err = l.files.chainOf(l.profile.name); err != nil {
		return err
	}
	l.from.leaf(l.chain.leaf)
	if from := l.chain.leaf.get(keyFrom); from == "EcsContainer" || from == "" && l.chain.leaf.leadsNowhere() {
		l.from.container = place{env: firstEnv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI")}
	}
	l.from.hide(append([]*section{l.profile, l.chain.leaf, l.files.sessions[l.chain.leaf.get("sso_session")], l.files.services[l.profile.get("services")]}, l.chain.roles...)...)
	return l.profile.checkRegions(l.profile)
}

func envKeys() bool {
	return cmp.Or(os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_ACCESS_KEY")) != "" &&
		cmp.Or(os.Getenv("AWS_SECRET_ACCESS_KEY"), os.Getenv("AWS_SECRET_KEY")) != ""
}

// provider gives the credentials that the SDK is not to find itself; nil where
// it is.
func (l *loader) provider() (sdk.CredentialsProvider, error) {
	leaf := l.chain.leaf
	switch {
	case l.from.credentials.env != "" && envKeys():
		e, err := config.NewEnvConfig()
		if err != nil {
			return nil, l.blame(err)
		}
		return credentials.StaticCredentialsProvider{Value: e.Credentials}, nil
	case leaf.hasKeys():
		return credentials.NewStaticCredentialsProvider(leaf.get(keyID), leaf.get(keySecret), leaf.get(keySession)), nil
	case leaf.byProcess():
		limit, err := processLimit()
		if err != nil {
			return nil, err
		}
		return &process{command: leaf.get(keyProcess), at: leaf.settings[keyProcess].at, limit: limit, tell: l.Tell, clean: l.from.clean, prompts: l.prompts}, nil
	}
	return nil, nil
}

// byProcess reports whether a credential_process is what counts.
func (s *section) byProcess() bool {
	key, _ := s.first(keyID, keyFrom, keyToken, "sso_session", "sso_start_url", "login_session")
	return (key == "" || key == keyID && !s.hasKeys()) && s.get(keyProcess) != ""
}

func (l *loader) options(path string, provider sdk.CredentialsProvider) []func(*config.LoadOptions) error {
	options := []func(*config.LoadOptions) error{
		config.WithDefaultRegion(defaultRegion),
		// The SDK gives a connection 30 s, three times over.
		config.WithHTTPClient(awshttp.NewBuildableClient().WithDialerOptions(func(d *net.Dialer) { d.Timeout = 8 * time.Second })),
		config.WithLogger(logger(l.Warn)),
		config.WithRetryer(retryer(l.Warn)),
		config.WithAPIOptions(append(traced(l.Log), timed)),
		config.WithAssumeRoleCredentialOptions(l.prompts.configure),
		config.WithSharedConfigFiles([]string{path}),
		config.WithSharedCredentialsFiles([]string{}),
		config.WithSharedConfigProfile(flatProfile),
	}
	if provider != nil {
		options = append(options, config.WithCredentialsProvider(provider))
	}
	if region := cmp.Or(l.Region, l.region()); region != "" {
		options = append(options, config.WithRegion(region))
	}
	if os.Getenv("AWS_EC2_METADATA_DISABLED") == "" && !onEC2(os.ReadFile) {
		// Elsewhere than on EC2 nobody answers at the metadata address, and the
		// SDK would wait seconds for it before it says that there are no credentials.
		options = append(options, config.WithEC2IMDSClientEnableState(imds.ClientDisabled))
	}
	return options
}

// region is the environment's or the profile's. Some write a zone there.
func (l *loader) region() string {
	value, at := l.from.regionValue(l.profile)
	region, zone := regionOf(value)
	if zone && l.Tell != nil {
		l.Tell(at.of(keyRegion) + " is an availability zone; its region " + region + " is used.")
	}
	return region
}

// flatProfile is the name of the profile that the SDK is handed.
const flatProfile = "chosen"

// The settings that the SDK is handed: what holds for all that is asked of AWS
// is the chosen profile's, and the way to credentials is its leaf's.
var (
	general = []string{
		"ca_bundle", "endpoint_url", "services", "ignore_configured_endpoint_urls", "use_fips_endpoint", "use_dualstack_endpoint",
		"max_attempts", "retry_mode", "defaults_mode", "account_id_endpoint_mode", "sdk_ua_app_id", "disable_clock_skew_correction",
		"ec2_metadata_service_endpoint", "ec2_metadata_service_endpoint_mode", "ec2_metadata_v1_disabled",
	}
	ways = []string{
		keyRole, keyFrom, keyToken, "role_session_name", "external_id", "mfa_serial", "duration_seconds",
		"sso_session", "sso_account_id", "sso_region", "sso_role_name", "sso_start_url", "login_session",
	}
)

// writeFlat writes the profile as the SDK reads it, for as long as it reads it.
func (l *loader) writeFlat() (path string, err error) {
	f, err := os.CreateTemp("", "jupyter-ec2-*.ini") // mode 0600
	if err != nil {
		return "", fmt.Errorf("write a temporary file: %w", err)
	}
	text, err := l.flat()
	if err == nil {
		_, err = f.WriteString(text)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

func (l *loader) flat() (string, error) {
	var out strings.Builder
	leaf := l.chain.leaf
	session, err := l.files.session(leaf)
	if err != nil {
		return "", err
	}
	out.WriteString("[profile " + flatProfile + "]\n")
	write(&out, l.profile, general)
	switch {
	case l.from.credentials.env == "AWS_WEB_IDENTITY_TOKEN_FILE":
		for key, v := range map[string]string{keyToken: "AWS_WEB_IDENTITY_TOKEN_FILE", keyRole: "AWS_ROLE_ARN", "role_session_name": "AWS_ROLE_SESSION_NAME"} { // #nosec G101 -- the settings' names
			if value := os.Getenv(v); value != "" {
				fmt.Fprintf(&out, "%s = %s\n", key, value)
			}
		}
	case !leaf.hasKeys() && !leaf.byProcess():
		write(&out, leaf, ways)
	}
	if session != nil {
		fmt.Fprintf(&out, "[sso-session %s]\n", leaf.get("sso_session"))
		write(&out, session, []string{"sso_region", "sso_start_url"})
	}
	if services := l.files.services[l.profile.get("services")]; services != nil {
		fmt.Fprintf(&out, "[services %s]\n", l.profile.get("services"))
		for service, s := range services.settings {
			if url := s.sub["endpoint_url"]; url.value != "" {
				fmt.Fprintf(&out, "%s =\n  endpoint_url = %s\n", service, url.value)
			}
		}
	}
	return out.String(), nil
}

// write writes settings that stand in one line each.
func write(out *strings.Builder, s *section, keys []string) {
	for _, k := range keys {
		if v := s.get(k); v != "" && !strings.Contains(v, "\n") {
			fmt.Fprintf(out, "%s = %s\n", k, v)
		}
	}
}

// blame names the settings that the SDK's error is about. The error itself
// quotes their values.
func (l *loader) blame(err error) error {
	if errors.As(err, new(config.AssumeRoleTokenProviderNotSetError)) {
		return err
	}
	var named []string
	var first place
	name := func(at place, key string) {
		if !at.known() || slices.Contains(named, at.of(key)) {
			return
		}
		first = cmp.Or(first, at)
		named = append(named, at.of(key))
	}
	text := err.Error()
	for _, kv := range os.Environ() {
		if v, _, _ := strings.Cut(kv, "="); strings.HasPrefix(v, "AWS_") && strings.Contains(text, v) {
			name(place{env: v}, "")
		}
	}
	for _, k := range slices.Concat(general, ways) {
		if strings.Contains(text, k) {
			name(cmp.Or(l.profile.settings[k].at, l.chain.leaf.settings[k].at), k)
		}
	}
	if len(named) == 0 {
		name(l.from.container, "")
	}
	if len(named) == 0 {
		first, named = l.profile.at, []string{"A setting of the profile (" + cmp.Or(l.profile.at.String(), "the environment") + ")"}
	}
	return &settingError{at: first, text: strings.Join(named, ", ") + " cannot be used."}
}
