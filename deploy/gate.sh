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

# request makes one request; the secret goes in by a file that only we read, so
# that no list of processes shows it.
request() {
  local header=$1 url=$2 config status=0
  shift 2
  config=$(mktemp)
  printf 'header = "%s"\n' "$header" >"$config"
  curl --silent --show-error --fail --max-time 30 --config "$config" "$@" "$url" || status=$?
  rm -f "$config"
  return "$status"
}

# The comment of a former run begins with this line.
mark='<!-- tidemark-gate -->'

# comment HEADER LIST QUERY ONE CHANGE writes the report to a list of comments:
# where jq is there, in the place of the former one, if that is among the first
# hundred.
comment() {
  local header=$1 list=$2 query=$3 one=$4 change=$5 body id= how
  body=$(mktemp)
  { printf '{"body":' && { printf '%s\n' "$mark" && cat "$out/tidemark.md"; } | json_text && printf '}'; } >"$body"
  how=(--header 'Content-Type: application/json' --data-binary "@$body")
  if command -v jq >/dev/null; then
    id=$(request "$header" "$list?$query" | jq -r --arg mark "$mark" '[.[] | select((.body // "") | startswith($mark)) | .id][0] // empty') || id=
  fi
  if ! { [[ $id =~ ^[0-9]+$ ]] && request "$header" "$one/$id" --request "$change" "${how[@]}" >/dev/null; } &&
    ! request "$header" "$list" --request POST "${how[@]}" >/dev/null; then
    echo "gate: the comment was not made" >&2
  fi
  rm -f "$body"
}

if [[ -f $out/tidemark.md ]]; then
  if [[ -n ${GITHUB_STEP_SUMMARY:-} ]]; then
    cat "$out/tidemark.md" >>"$GITHUB_STEP_SUMMARY"
  fi
  if [[ ${TIDEMARK_COMMENT:-true} == true ]]; then
    if [[ -n ${TIDEMARK_PULL_REQUEST:-} && -n ${GITHUB_TOKEN:-} ]]; then
      issues=$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/issues
      comment "Authorization: Bearer $GITHUB_TOKEN" "$issues/$TIDEMARK_PULL_REQUEST/comments" per_page=100 "$issues/comments" PATCH
    elif [[ -n ${CI_MERGE_REQUEST_IID:-} && -n ${TIDEMARK_COMMENT_TOKEN:-} ]]; then
      notes=$CI_API_V4_URL/projects/$CI_PROJECT_ID/merge_requests/$CI_MERGE_REQUEST_IID/notes
      comment "PRIVATE-TOKEN: $TIDEMARK_COMMENT_TOKEN" "$notes" "per_page=100&order_by=created_at&sort=asc" "$notes" PUT
    fi
  fi
fi

exit "$code"
