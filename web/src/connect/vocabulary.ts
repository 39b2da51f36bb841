/** The words of these pages, each used for one thing only. */
export const vocabulary: [string, string][] = [
  ['Exposure', 'A weakness in a component, in a service, in an environment. It is counted once, however many sources report it.'],
  ['Weakness', 'What an advisory describes: a CVE, a GHSA, or malicious code.'],
  ['Gate', 'A question that an exposure must pass: found, running, reachable, exploitable, matters. The answer is yes, no or unknown.'],
  ['Unknown', 'There is no evidence. It passes every gate, is hatched wherever it is shown, and is never an all-clear.'],
  ['Decision', 'Act now, Schedule, Watch or No action: by the rules, or by a person with a reason.'],
  ['Score', 'From 0 to 1000, with the points that make it up. Words begin at 500, 700 and 850.'],
  ['Action', 'One fix with an owner and a due date; it closes many exposures.'],
  ['Verified', 'Evidence says that it is gone. Nobody can set it by hand.'],
  ['Excepted', 'A person decided to wait, another agreed, and it ends on a date.'],
  ['Twin', 'What runs where and what it is made of: products, services, workloads, images, components, doors.'],
  ['Source', 'Who reports: a pipeline, a cluster, a person. It is fresh, or it is stale and we say so.'],
  ['As of', 'The moment a page speaks of. In the past nothing can be changed.'],
]

export const queryExamples: [string, string][] = [
  ['decision:act', 'what is to be acted on now'],
  ['reach:yes,unknown -env:staging', 'what the internet reaches, or may reach, outside staging'],
  ['kev:yes svc:checkout due:<7d', 'known to be exploited, in checkout, due within a week or late'],
  ['product:pay owner:none', 'in the product pay, and nobody owns it'],
  ['score:>=700 fix:yes', 'a high score, and a version that fixes it'],
  ['is:new', 'first seen less than seven days ago'],
  ['is:regressed', 'fixed once, and back again'],
  ['cve:CVE-2021-44228', 'one weakness by any of its names'],
]

export const queryForms: [string, string][] = [
  ['key:value', 'has this value'],
  ['key:one,two', 'has one or the other'],
  ['-key:value', 'does not have it'],
  ['key:>=700', 'at least; also >, <, <='],
  ['key:500..700', 'between, both ends included'],
  ['key:none, key:*', 'has no value; has any'],
  ['key:unknown', 'has no evidence'],
  ['"two words"', 'this text, in ids, packages, services'],
]
