"""By what private things in home folders are known: see image_finds.py."""

# Wherever in a home a path ends so.
CREDENTIALS = """.aws .azure .boto .config/gcloud .config/gh .config/glab-cli .config/git/credentials .config/github-copilot .config/hub
.config/rclone .config/wandb .config/doctl .config/op .config/sops .config/containers/auth.json .config/ngrok .ngrok2 .config/configstore
.databrickscfg .docker/config.json .dockercfg .cache/huggingface/token .cache/huggingface/stored_tokens .git-credentials .gnupg
.huggingface .kaggle .kube .my.cnf .mylogin.cnf .netrc _netrc .pgpass .pypirc .s3cfg .snowflake .snowsql .terraform.d .vault-token
.oci .aliyun .bluemix .mc .dbt/profiles.yml .dvc/config.local .cargo/credentials .cargo/credentials.toml .gem/credentials
.m2/settings.xml .streamlit/secrets.toml .Renviron .cdsapirc .ecmwfapirc .urs_cookies .htpasswd .modal.toml .comet.config .cookies
.claude.json .claude/.credentials.json .codex/auth.json .gemini/oauth_creds.json .password-store .mozilla .config/google-chrome
.config/chromium .local/share/keyrings .jupyter/jupyter_notebook_config.json .jupyter/jupyter_server_config.json
.local/share/jupyter/notebook_secret .local/share/jupyter/nbsignatures.db""".split()
# At the top of a home only: in a project they are mostly something else.
IN_HOME = {".docker", ".npmrc"}
HISTORIES = """.lesshst .viminfo .wget-hsts .local/share/fish/fish_history .local/share/nano/search_history .local/state/nvim/shada
.julia/logs/repl_history.jl .ghc/ghci_history .vim/.netrwhist .dbshell .ipython/profile_*/history.sqlite .ipython/profile_*/history.sqlite-*
.local/share/Trash .Trash .Trash-* .local/share/recently-used.xbel""".split()
# Nobody's own, at the top of a home; what is in .ssh is told of one by one.
NOBODYS = {".ssh", ".jupyter-ec2", ".sudo_as_admin_successful", ".cloud-locale-test.skip", ".tmp", ".run"}
# Of files, in lower case.
SECRET_NAMES = """*.env .env.* .envrc *.p12 *.pfx *.ppk *.kdbx *.jks *.keystore *.tfvars *.tfvars.json *.tfstate *.tfstate.* id_rsa id_dsa
id_ed25519 id_ecdsa id_*_sk credentials credentials.json credentials.toml credentials.y*ml credentials.ini credentials.csv
secrets.toml secrets.json secrets.y*ml secrets.env service-account*.json service_account*.json client_secret*.json *accesskeys.csv""".split()
HISTORY_NAMES = [".*history", ".*_history-*", ".*_hist", ".*histfile"]
# They are private where they give a password: an index with one, an address.
SETTINGS = {"pip.conf", "uv.toml", ".condarc", ".npmrc", ".yarnrc", ".yarnrc.yml"}
# Of git: where an address has a password in it.
GIT = {"config", "config.worktree", ".gitconfig", ".gitmodules"}
# Scripts that give each login its variables, and settings like them.
START = """.bashrc .bash_profile .bash_login .bash_logout .bash_aliases .profile .zprofile .zshrc .zshenv .zlogin .zlogout .cshrc .tcshrc .login
.kshrc .xprofile .xsessionrc .pam_environment .inputrc .Rprofile .config/fish/config.fish .config/environment.d/*.conf .ssh/config
.ipython/profile_*/startup/* .jupyter/*.py""".split()
# What package managers install, which is full of files with such names.
UNSEARCHED = {"node_modules", "site-packages", "dist-packages"}

CREDENTIALS_OF = {}  # by the last part of the path
for pattern in CREDENTIALS:
    CREDENTIALS_OF.setdefault(os.path.basename(pattern), []).append(pattern)

URL_PASSWORD = re.compile(rb"""(?i)://[^/\s"'@:$]*:[^/\s"'@$]+@|https?://[^/\s"'@:$]{20,}@""")
GIT_PASSWORD = re.compile(URL_PASSWORD.pattern + rb"""|extraheader\s*=\s*.?authorization|^\s*(?:password|token)\s*=""", re.M)
SECRET_LINE = re.compile(rb"""(?i)(?:key|token|secret|passwd|password|passphrase|credentials?|(?:^|[_\W])pass|_pat|_dsn|_auth)(?:_?id)?"""
                         rb"""(?:["'\]]*\s*[=:]\s*)["']?([^\s"'$`(){}<>]{4,})""")
# Of csh and fish.
SECRET_SET = re.compile(rb"""(?i)^\s*set(?:env)?\s.*(?:key|token|secret|passwd|password|passphrase|credentials?|_pass|_pat|_dsn|_auth)(?:_?id)?\s+["']?([^\s"'$`(){}<>]{4,})""")
NO_SECRET = re.compile(rb"~|/(?:home|root|usr|etc|var|opt|mnt|data|tmp|run|srv)/")
KNOWN_SECRET = re.compile(rb"(?<![A-Za-z0-9])sk-[A-Za-z0-9_-]{16,}|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_|glpat-|hf_[A-Za-z0-9]{20,}|xox[abp]-|(?:AKIA|ASIA)[A-Z0-9]{16}"
                          rb"|(?i:authorization:\s*(?:bearer|basic|token)\s+[^\s$])|PRIVATE KEY")
SECRET_NAME, HISTORY_NAME = (re.compile("|".join(fnmatch.translate(p) for p in names)) for names in (SECRET_NAMES, HISTORY_NAMES))
