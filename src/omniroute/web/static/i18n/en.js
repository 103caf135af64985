// English. Sentence case, plain verbs, no exclamation marks; {n} chooses between plural forms.
export default {
  title: "Operator desk, OmniRoute", "title.offer": "Offer: {name}",
  close: "Close", cancel: "Cancel", back: "Back", again: "Try again", edit: "Edit", open: "Open", more: "More", you: "you", unread: "unread",
  "no.subject": "Without a subject", "units.bytes": "B KB MB GB",
  "span.min": "{m} min", "span.hour": "{h} h {m}", "span.day": "{d} d",

  find: "Search", "find.hint": "Reference, name, address, subject", "find.none": "Nothing found", "find.help": "Searches references, names, addresses and subjects of all matters, newest first.",
  load: "Load", "load.title": "{used} of {of} units in use", "load.held": { one: "{n} unit held by an offer", other: "{n} units held by offers" },
  presence: "Presence", "presence.available": "Available", "presence.away": "Away", "presence.draining": "Draining", "presence.offline": "Offline",
  "presence.draining.what": "finish what I hold, get nothing new", "presence.begin": "Become available", "away.nothing": "Nothing new comes to you.",
  "away.break": "Break", "away.lunch": "Lunch", "away.meeting": "Meeting", "away.training": "Training", "away.rona": "Offers unanswered", "away.no_answer": "Offers unanswered",
  notices: "Notices", "notice.handoff_returned": "A transfer came back", "notice.offer_expired": "An offer ran out", "notice.offer_revoked": "An offer was withdrawn", "notice.delivery_died": "A reply was not delivered", "notice.clock_breached": "A promise was broken",
  language: "Language", theme: "Appearance", "theme.auto": "As the system", "theme.light": "Light", "theme.dark": "Dark", sounds: "Sounds", letters: "Single-letter keys", "notify.ask": "Allow notifications", quarantine: "Quarantine", "sign.out": "Sign out",
  nav: "Parts of the desk", "nav.work": "Work", "nav.find": "Search", "nav.me": "Me",

  list: "Work list", "list.which": "Which work", "tab.mine": "Mine", "tab.queues": "Queues", "tab.team": "Team", register: "Register",
  "group.live": "On the phone", "group.visit": "In person", "group.wrap": "Wrap-up", "group.due": "Due next", "group.others": "Waiting for others",
  "row.handoff": "Transfer to {name}, not yet taken", "row.wrap": "Pick an outcome to finish", "row.ringing": "Ringing", "row.called": "Called to the desk", "row.draft": { one: "Draft of yours, {n} line", other: "Draft of yours, {n} lines" }, "row.since": "Waits since {time}",
  "empty.title": "Nothing for you right now", "empty.on": "You are available. The next item comes by itself, with a sound.", "empty.off": "You are {presence}, so nothing comes. Work begins when you are available.", "empty.waits": "{name}: {count} waiting", "empty.look": "Look into the queues",
  "queue.people": { one: "{n} available", other: "{n} available" }, "queue.longest": "longest", "queue.waiting": "{n} waiting", "queue.more": "The first {shown} of {count} are shown.", "queue.none": "Nobody is waiting", "team.none": "No colleagues yet",
  "channel.mail": "Mail", "channel.email": "Mail", "channel.chat": "Chat", "channel.webchat": "Chat", "channel.phone": "Phone", "channel.visit": "In person",
  "via.mail": "mail", "via.email": "mail", "via.chat": "chat", "via.webchat": "chat", "via.phone": "phone", "via.visit": "the desk",

  "clock.due": "Answer due {time}", "clock.left": "Reply in {time}", "clock.late": "Late by {time}", "clock.met": "Answered in {time}",

  "offer.said": { one: "Offer: {name}, {channel}. {n} second. Alt A accepts, Alt X declines.", other: "Offer: {name}, {channel}. {n} seconds. Alt A accepts, Alt X declines." }, "offer.title": "Offer: {name}", "offer.left": { one: "{n} second left", other: "{n} seconds left" },
  "offer.waits": "waits", "offer.earlier": { one: "here once before", other: "here {n} times before" }, "offer.why": "Why me?", "offer.decline": "Decline", "offer.accept": "Accept", "offer.taking": "Taking…", "offer.from": "From {name}.",
  "offer.expired": "The time ran out. The work went back to its place in the queue.", "offer.revoked": "Withdrawn. Nothing is expected of you.",

  talk: "Conversation", thread: "Conversation", "thread.forbidden": "This matter belongs to another department, or there is no such reference.", "thread.older": "Show earlier entries ({n})",
  "talk.none": "No conversation is open", "talk.pick": "Choose one from the list, or press J.", "talk.wait": "An accepted offer opens by itself.", "talk.earlier": "You are reading an earlier matter.", "talk.read": "You may read this matter.", "talk.return": "Back to the conversation",
  stage: "Stage", "stage.received": "Received", "stage.in_progress": "In progress", "stage.done": "Done",
  "kind.question": "Question", "kind.request": "Request", "kind.complaint": "Complaint", "kind.order": "Order",
  "ref.copy": "Copy the reference", "ref.copied": "{ref} is copied", transfer: "Transfer", complete: "Finish", release: "Back to the queue", "release.done": "The matter is back in its queue, at its old place.", why: "Why?",
  "handoff.pending": "Offered to {name}, not yet taken.", "handoff.yours": "It stays yours until somebody there accepts.", "handoff.left": "Comes back in {time}.", "handoff.cancel": "Cancel the transfer",
  "mail.to": "to {address}", "mail.from": "from {address}", "mail.rich": "Show formatted", "mail.plain": "Show as text", "mail.formatted": "Formatted mail",
  "fold.quoted": { one: "Quoted text, {n} line", other: "Quoted text, {n} lines" }, "fold.signature": "Signature", "fold.all": "Show all {n} lines", "fold.less": "Show less",
  "delivery.sending": "sending", "delivery.delivered": "delivered", "delivery.dead": "Not sent", "delivery.waits": "waits for the connection", "note.title": "Note, only for us", "note.only": "Only for us",
  "contact.call.contact_started": "Incoming call", "contact.call.contact_connected": "Connected", "contact.call.contact_not_connected": "The operator could not be reached", "contact.call.contact_ended": "Call ended", "contact.call.contact_abandoned": "Caller hung up before an answer",
  "contact.visit.contact_started": "Came to the desk", "contact.visit.contact_connected": "At the desk", "contact.visit.contact_not_connected": "The operator could not be called over", "contact.visit.contact_ended": "Visit ended", "contact.visit.contact_abandoned": "Left before being called",

  "contact.after": "answered after {time}", "contact.length": "lasted {time}", "contact.going": "goes on", "contact.unanswered": "not answered", "contact.missed": "not put through",

  comp: "Answer", "comp.kind": "Kind of text", "comp.tab.reply": "Reply", "comp.tab.note": "Note", "comp.yours": "Your answer", "comp.via": "by {channel}", "comp.reply": "Answer the customer", "comp.reply.mail": "Answer by mail", "comp.reply.chat": "Answer in the chat", "comp.note": "A note for colleagues, the customer never sees it",
  "comp.send": "Send", "comp.save": "Save note", "comp.resolve": "Send and finish", "comp.left": { one: "{n} character left", other: "{n} characters left" }, "comp.over": { one: "{n} character too many", other: "{n} characters too many" },
  "read.offer": "Accept the offer to answer.", "read.done": "This matter is done.", "read.owner": "{name} is working on this.", "read.queue": "It waits in the queue for an operator.",

  call: "Call", visit: "Visit", "call.on": "connected", "visit.on": "at the desk", "call.end": "End", "visit.end": "End visit",
  wrap: "Wrap-up", "wrap.title": "Wrap-up: {name}", "wrap.what": "Pick an outcome and finish. Unfinished, it closes by itself when the time is over.", "wrap.notes": "Notes", "wrap.hint": "What was agreed, what comes next", "wrap.follows": "What follows", "wrap.finish": "Finish", "wrap.length": "It lasted {time}.",
  "complete.how": "How did it end?", "complete.title": "Finish", "complete.title.send": "Send and finish", "complete.pick": "Pick an outcome first.", "complete.resolve.yes": "The stage becomes Done and the matter closes.", "complete.note": "Note to colleagues", "complete.done": "Finished, the matter is done.", "complete.unsent": "The answer did not leave, so the matter stays open.",
  "disposition.solved": "Solved", "disposition.resolved": "Solved", "disposition.answered": "Answered", "disposition.information": "Information given", "disposition.information_given": "Information given", "disposition.call_back_agreed": "Call back agreed", "disposition.handed_over": "Handed to a department", "disposition.no_answer": "Customer did not answer", "disposition.abandoned": "Customer left", "disposition.ended_unanswered": "Ended without an answer", "disposition.answered_elsewhere": "Answered elsewhere", "disposition.hung_up": "Caller hung up", "disposition.spam": "Wrong number or spam", "disposition.duplicate": "Duplicate", "disposition.other": "Other",
  "transfer.title": "Transfer", "transfer.what": "It stays yours until somebody there has accepted it.", "transfer.to": "To", "transfer.note": "Note to colleagues", "transfer.hint": "What is known, what is asked, by when", "transfer.pick": "Choose where it goes.", "transfer.done": "Offered to {name}. It stays yours until somebody accepts.",
  "register.title": "Register a matter", "register.what": "For a visitor, a letter or a call outside the system. It gets a reference and goes to a queue like everything else.", "register.name": "Name", "register.phone": "Phone", "register.email": "Mail address", "register.subject": "Subject", "register.text": "What it is about", "register.kind": "Kind", "register.department": "Department", "register.language": "Language", "register.auto": "By the rules", "register.done": "Registered as {ref}.",

  side: "Customer and matter", "side.matter": "This matter", "side.earlier": "Earlier", "side.first": "First contact: nothing earlier is known.", "side.known": "As known at {time}",
  "fact.kind": "Kind", "fact.opened": "Opened", "fact.department": "Department", "fact.owner": "Operator", "fact.nobody": "nobody yet", "fact.outcome": "Outcome", "fact.language": "Language",
  "identity.email": "mail", "identity.tel": "phone", "identity.visitor": "chat visitor", "identity.name": "said so",

  "why.none": "Nothing was recorded.", "why.empty": "No decision has been made about this matter.", "why.nobody": "Nobody", "why.queue": "Queue {queue}, policy {policy}", "why.details": { one: "{n} candidate compared", other: "{n} candidates compared" }, "why.operator": "Operator", "why.smaller": "Compared from left to right, the smaller figure wins.", "why.excluded": "Not considered",
  "policy.longest_idle": "longest idle", "policy.least_loaded": "least loaded", "term.idle_since_ms": "Idle since", "term.load_permille": "Load",
  "excluded.department": "of another department", "excluded.skill": "without the skill {rest}", "excluded.presence": "{rest}", "excluded.wrap_up": "in wrap-up", "excluded.offers_pending": "have enough offers already", "excluded.capacity": "without free capacity", "excluded.backoff": "declined it or did not answer a moment ago",
  "outcome.live": "offered", "outcome.accepted": "accepted", "outcome.declined": "declined", "outcome.expired": "ran out", "outcome.revoked": "withdrawn",

  keys: "All keys", "keys.off": "Single letters are switched off in your menu.",
  "key.next": "next, previous", "key.open": "open", "key.find": "search", "key.reply": "reply", "key.note": "note", "key.send": "send", "key.resolve": "send and finish", "key.accept": "accept the offer", "key.decline": "decline the offer", "key.transfer": "transfer", "key.side": "customer and matter", "key.why": "why?", "key.presence": "presence", "key.end": "end the call", "key.outcome": "outcome", "key.finish": "finish", "key.back": "back", "key.all": "all keys",
  "link.up": "Connected", "link.down": "No connection since {time}", "link.wait": "Connecting…", "draft.saved": "Draft saved in this browser {time}", saved: "saved here {time}",
  "error.offline": "No connection. Nothing was changed.", "error.conflict": "Somebody was faster.", "error.unknown": "That did not work.",
  "failed.title": "The desk cannot be shown", "failed.role": "This person is no operator, so there is no desk for them.",

  "login.title": "Sign in", "login.login": "Login", "login.password": "Password", "login.go": "Sign in", "login.wrong": "Login and password do not match.", "login.often": "Too many tries. Wait a minute, then try again.",
  "demo.title": "Demo", "demo.lead": "{company} is an invented company. Everything below runs on this machine and forgets nothing while it runs.", "demo.people": "Operators", "demo.people.what": "Sign in as one of them in a separate browser profile or private window. The password of all is {password}.", "demo.doors": "Doors for customers", "demo.smtp": "Mail to the company is taken at {smtp} (SMTP).", "demo.desk": "Open the desk", "demo.name": "Name", "demo.login": "Login", "demo.role": "Role", "demo.departments": "Departments",
  "role.operator": "Operator", "role.supervisor": "Supervisor", "role.admin": "Administrator",
  "quar.title": "Quarantine", "quar.lead": "Input that could not be read. It is kept as it came and blocks nobody; open it with care.", "quar.none": "Nothing is in quarantine", "quar.time": "Received", "quar.channel": "Channel", "quar.reason": "Reason", "quar.size": "Size", "quar.get": "Download", "quar.back": "Back to the desk",
};
