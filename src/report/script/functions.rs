//! The shell functions of a script. Each script has those that it uses.

use super::requests::Sending;

/// `arn TYPE N`.
const ARN: &str = r##"# The N-th ARN of a resource type in the last response: TYPE N.
arn() {
  printf '%s\n' "$response" | sed 's#\\/#/#g' | tr '", <>\r\t\047' '\n\n\n\n\n\n\n\n' |
    sed -n "\\#^arn:[^:]*:[^:]*:[^:]*:[^:]*:$1/#p" | sed -n "$2p"
}
"##;
/// `member NAME N`.
const MEMBER: &str = r##"# The N-th text member of a name in the last response: NAME N.
member() {
  printf '%s\n' "$response" | sed 's#\\/#/#g' | tr '{},\133\135\r' '\n\n\n\n\n\n' |
    sed -n "s/^[[:space:]]*\"$1\"[[:space:]]*:[[:space:]]*\"\([^\"]*\)\"[[:space:]]*\$/\1/p" | sed -n "$2p"
}
"##;
/// `need VALUE WHAT`.
const NEED: &str = r##"# Ends the script if the last response lacks a value: VALUE WHAT.
need() {
  [ -n "$1" ] || { printf 'no %s in the response: %s\n' "$2" "$response" >&2; exit 1; }
}
"##;
/// `encoded TEXT`.
const ENCODED: &str = r##"# A value as it stands in a path.
encoded() {
  printf '%s' "$1" | sed 's/%/%25/g;s/:/%3A/g;s#/#%2F#g;s/+/%2B/g;s/=/%3D/g;s/@/%40/g'
}
"##;
/// `signed PATH`.
const SIGNED: &str = r##"# A path as curl must see it to sign it: the service encodes it once more, and curl does so since 8.14.
signed() {
  case $(curl --version | sed -n '1s/^curl \([0-9]*\.[0-9]*\).*/\1/p') in
  [0-7].* | 8.[0-9] | 8.1[0-3]) printf '%s' "$1" | sed 's/%/%25/g;s/:/%3A/g;s/@/%40/g;s/+/%2B/g;s/=/%3D/g;s/,/%2C/g' ;;
  *) printf '%s' "$1" ;;
  esac
}
"##;
/// `base`.
const BASE: &str = r##"# The path of the endpoint itself, which is empty as a rule.
base() {
  printf '%s' "$ENDPOINT" | sed 's#^[A-Za-z]*://[^/]*##'
}
"##;

/// The functions that a text calls, with those that they call.
pub fn used_in(text: &str, sending: &Sending<'_>) -> String {
    let call = call(sending);
    let remove = remove(sending);
    let all = [
        ("call ", call.as_str()),
        ("$(arn ", ARN),
        ("$(member ", MEMBER),
        ("need ", NEED),
        ("$(encoded ", ENCODED),
        ("$(signed ", SIGNED),
        ("$(base)", BASE),
        ("remove ", remove.as_str()),
    ];
    let is_used = |name: &str| match name.starts_with("$(") {
        true => text.contains(name),
        false => text.lines().any(|line| line.trim_start_matches([' ', '(']).starts_with(name)),
    };
    let mut functions: String = all.iter().filter(|(name, _)| is_used(name)).map(|(_, function)| *function).collect();
    if !functions.is_empty() {
        functions.push('\n');
    }
    functions
}

/// `call METHOD PATH BODY`.
fn call(sending: &Sending<'_>) -> String {
    format!(
        r##"# Sends a request that comes before the telling one: METHOD PATH BODY.
call() {{
  method=$1 target=$2 body=$3
  set -- -H 'accept: application/json'
  [ -z "$body" ] || set -- "$@" -H 'content-type: application/json' --data-raw "$body"
  response=$(curl -sS --max-time 60 -X "$method" \
  {signature}"$@" "$ENDPOINT$target") || exit
}}
"##,
        signature = separated(&sending.signature()),
    )
}

/// `remove ARN METHOD PATH BODY`.
fn remove(sending: &Sending<'_>) -> String {
    format!(
        r##"# Deletes something that the script made, and says so: ARN METHOD PATH BODY.
remove() {{
  [ -n "$1" ] || return 0
  code=$(curl -sS --max-time 60 -o /dev/null -w '%{{http_code}}' -X "$2" \
  {signature}-H 'accept: application/json' -H 'content-type: application/json' \
  --data-raw "$4" "$ENDPOINT$3")
  case $code in
  2??) printf 'deleted %s\n' "$1" >&2 ;;
  404) ;;
  *) printf 'not deleted (status %s): %s\n' "$code" "$1" >&2 ;;
  esac
}}
"##,
        signature = separated(&sending.signature()),
    )
}

fn separated(options: &str) -> String {
    if options.is_empty() { String::new() } else { format!("{options} \\\n  ") }
}
