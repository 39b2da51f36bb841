#!/usr/bin/env bash
# Runs the gate in a pipeline, and comments on the merge request.
#
#   gate.sh [FLAG OR TARGET]...     what is given goes to: tidemark gate
#
# It writes tidemark.json, tidemark.sarif, tidemark.xml (JUnit), tidemark.md and
# tidemark-codequality.json into TIDEMARK_OUT (the current folder), and ends
# with the exit code of the gate: a comment that cannot be made changes nothing.
set -euo pipefail

out=${TIDEMARK_OUT:-.}
mkdir -p "$out"

code=0
tidemark gate "$@" \
  --report "json=$out/tidemark.json" --report "sarif=$out/tidemark.sarif" --report "junit=$out/tidemark.xml" \
  --report "markdown=$out/tidemark.md" --report "codequality=$out/tidemark-codequality.json" || code=$?

# json_text prints standard input as a JSON string.
json_text() {
  printf '"'
  sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/\t/ /g' -e 's/$/\\n/' | tr -d '\n\r'
  printf '"'
}

# send makes one request; the secret goes in by a file that only we read, so
# that no list of processes shows it.
send() {
  local header=$1 url=$2 config
  shift 2
  config=$(mktemp)
  printf 'header = "%s"\n' "$header" >"$config"
  curl --silent --show-error --fail --max-time 30 --config "$config" "$@" "$url" >/dev/null ||
    echo "gate: the comment was not made" >&2
  rm -f "$config"
}

if [[ -f $out/tidemark.md ]]; then
  if [[ -n ${GITHUB_STEP_SUMMARY:-} ]]; then
    cat "$out/tidemark.md" >>"$GITHUB_STEP_SUMMARY"
  fi
  if [[ ${TIDEMARK_COMMENT:-true} == true ]]; then
    if [[ -n ${TIDEMARK_PULL_REQUEST:-} && -n ${GITHUB_TOKEN:-} ]]; then
      body=$(mktemp)
      { printf '{"body":' && json_text <"$out/tidemark.md" && printf '}'; } >"$body"
      send "Authorization: Bearer $GITHUB_TOKEN" "$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/issues/$TIDEMARK_PULL_REQUEST/comments" \
        --request POST --header 'Content-Type: application/json' --data-binary "@$body"
      rm -f "$body"
    elif [[ -n ${CI_MERGE_REQUEST_IID:-} && -n ${TIDEMARK_COMMENT_TOKEN:-} ]]; then
      send "PRIVATE-TOKEN: $TIDEMARK_COMMENT_TOKEN" "$CI_API_V4_URL/projects/$CI_PROJECT_ID/merge_requests/$CI_MERGE_REQUEST_IID/notes" \
        --request POST --data-urlencode "body@$out/tidemark.md"
    fi
  fi
fi

exit "$code"
