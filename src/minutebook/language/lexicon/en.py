"""English. Patterns see normalised clauses: lower case, contractions spelt out, punctuation as words, people as
`@name`."""

import re

from minutebook.language.lexicon.model import Act, Cue, Lexicon

_WHO = r"@[a-z'-]+"
_ADV = (
    r"(?:(?:also|then|just|probably|definitely|certainly|gladly|happily|personally|quickly|really|still|first|now|simply"
    r"|immediately|finally|obviously|of course|make sure to|be sure to|try to|try and|go ahead and|go and|be happy to"
    r"|be glad to|be able to|at least|maybe|actually|already|always be sure to|plan to|today|tomorrow|please|kindly) )*"
)
_TALK_ALWAYS = (
    "say|tell|mention|repeat|hear|see|know|think|understand|believe|guess|suppose|imagine|admit|agree|disagree|feel|like"
    "|love|hope|wish|wonder|remember|recall|mean|be|thank|welcome|pause|wait|stay|live|leave|listen|elaborate|confess"
    "|apologise|apologize|assume|bet|conclude|miss|need|want|appreciate|argue|emphasise|emphasize|quote|never|not|only"
    "|hardly|barely|regret|die|quit|shut|stop|begin|start|come|speak|talk|relate|win|lose|have to|be|become|accept"
    "|probably|always|mind|assure|promise|pretend|sit|stand|hate|expect"
)
_OUT = (
    r"(?:explain|clarify|introduce|summari[sz]e|recap|go through|walk (?:you|us|everyone)|share my screen|show you|hand over"
    r"|pass (?:it|the|you|over)|skip|jump (?:in|to)|move on|go (?:first|next|ahead|on|now|back|to the next|home|there|with"
    r"|over)|keep (?:it|this) (?:short|brief)|give you (?:an? (?:example|overview|sense|idea|hint|minute|second|moment|bit)"
    r"|some (?:context|background|examples))|give (?:it|that|this) (?:a try|some thought)|read (?:it|this|that) out|get"
    r" (?:to (?:that|it|this)|back to (?:that|this)|there|it\b(?! (?:done|ready|fixed|to|out))|used|angry|into (?:that|it))"
    r"|ask (?:you (?:something|again|this|that|one|a (?:quick )?question)|a (?:quick )?question|again|one)|note that"
    r"|point out|put it (?:this|that|differently|like|simply)|turn (?:to|now)|use (?:this|that|an?) (?:example|word|slide"
    r"|opportunity|moment)|take (?:a (?:look now|step|sip|moment|second|break|guess)|that as|your word|you through|questions"
    r"|any|the opportunity)|make (?:this|it) (?:short|brief|quick|clear)|make (?:a|one) (?:point|remark|comment)|do my best"
    r"|do (?:whatever|anything|something about)|look (?:forward|like|stupid)|try (?:again|my best)|finish (?:with|my|here"
    r"|there|in a)|close (?:with|by|here)|present (?:now|first|next)|share (?:with you|a few|some|one|my (?:screen|view"
    r"|thoughts))|start (?:with|by|off)|continue|turn (?:my|on|off) (?:camera|mic|video|the (?:camera|mic))|let (?:you"
    r" (?:go|continue|finish|speak|answer|all)|(?:him|her|them|@[a-z]+) (?:speak|talk|answer|explain|go|finish|continue|take)"
    r"|it go|that go|this go)|hold (?:on|my|off here)|draw (?:your|on)|support (?:you|that|this|it)\b|back (?:you|that)"
    r"|cover (?:that|this|it) (?:later|now|next)|show (?:that|this|it)? ?(?:now|here|on)|answer (?:that|this|it)? ?(?:now|first)"
    r"|have (?:to|a|an|the|no|some|any|my|more|been|had|it|that)(?! [a-z]+ (?:ready|done|by|in place))|join (?:you|in) now"
    r"|work (?:with|for|from|on (?:that|it|this))|play (?:it|that|devil)|move (?:on|to the)|keep (?:in mind|that|an? eye|an"
    r" open|you posted on|quiet|saying|asking|doing|going|my|talking)|add (?:that|one|something|to that|a (?:point|quick|few)"
    r"|just)|ask why|tell)"
)
_DO = rf"(?P<do>(?!(?:{_TALK_ALWAYS})\b)(?!{_OUT})[a-z][a-z-]*\b.*)"
_NOT_EMBEDDED = r"(?<!if )(?<!when )(?<!what )(?<!where )(?<!whether )(?<!until )(?<!unless )(?<!how )(?<!whenever )(?<!whatever )(?<!than )"
_LEAD = (
    r"^(?:(?:and|but|so|then|well|okay|ok|yes|yeah|yep|sure|right|good|great|fine|perfect|alright|all right|also|now|um|uh"
    r"|actually|in that case|i think|i guess|thanks|thank you|excellent|cool|no problem|in the end|to sum up|in short"
    rf"|finally|lastly|one last thing|one more thing|oh|hey|hi|and finally|fair enough|exactly|true|correct|agreed|{_WHO}"
    r"|maybe|perhaps|of course|next|first|second|honestly|look|listen|yes please|in any case|anyway|for now"
    r"|for the record|so yeah|um so)[ ,.:;—–]*)*"
)
_ACTION_VERBS = (
    "add|adapt|adjust|align|analyse|analyze|announce|apply|arrange|ask|assemble|assign|attach|audit|back|benchmark|book"
    "|bring|budget|build|buy|calculate|call|cancel|change|chase|check|circulate|clarify|clean|clear|close|collect|compare"
    "|compile|complete|configure|confirm|contact|coordinate|copy|correct|create|cut|debug|define|delete|deliver|deploy"
    "|design|disable|distribute|document|download|draft|draw|drop|edit|email|e-mail|enable|escalate|estimate|evaluate"
    "|extend|file|fill|finalise|finalize|find|finish|fix|follow|forward|gather|get|give|hand|handle|help|hire|implement"
    "|improve|include|inform|inspect|install|interview|investigate|invite|invoice|keep|lead|learn|list|look|mail|make|map"
    "|measure|meet|merge|message|migrate|monitor|move|negotiate|notify|order|organise|organize|own|pay|phone|pick|ping"
    "|plan|post|prepare|present|print|prioritise|prioritize|propose|prototype|provide|publish|pull|push|put|raise|reach"
    "|read|rebuild|record|recruit|redesign|reduce|refactor|register|release|remind|remove|renew|reorder|repair|repeat"
    "|replace|reply|report|request|research|reserve|reset|resolve|respond|restart|restore|return|review|revise|rewrite"
    "|roll|run|save|scan|schedule|search|sell|send|set|set up|share|ship|show|sign|solve|sort|specify|speak|start|store"
    "|study|submit|summarise|summarize|supply|switch|sync|take|talk|teach|tell|test|tidy|touch|track|train|transfer"
    "|translate|try|turn|update|upgrade|upload|validate|verify|visit|walk|warn|wash|water|wire|work|write"
)
_DECISION_VERBS = (
    "go with|go ahead|go for|go live|agree on|agree that|settle on|settle for|stick with|stick to|stay with|keep|drop"
    "|postpone|delay|move|launch|release|ship|stop|start with|switch|adopt|hire|cancel|continue with|freeze|buy|choose"
    "|pick|offer|accept|reject|raise|cut|close|open|extend|limit|set|cap|roll back|merge|make it|make an|make the|use|take"
    "|skip|replace|split|reduce|increase|double|pause|abandon|approve|do it|do that|do this|do both|fix|aim for|plan for"
    "|target|allow|ban|remove|require|rename|hold|wait|park|call it|say|order|renew|leave|bring forward|push|not|never|put"
    "|give|pay|sign|build|invest|rule out|commit to|try|do the|run with|standardise on|standardize on|migrate|deprecate"
    "|retire|kill|sell|book|invite|change|add|test|publish|announce|outsource|rent|do|have|always|only|share|alternate"
)
_LETS_TALK = (
    "start|begin|go through|go around|go over|talk|look|move on|see|hear|discuss|continue|wrap|take a (?:break|look|step"
    "|minute|moment|short)|take (?:this|that|it) (?:offline|one|up|from)|get (?:started|going|into|back)|recap|wait (?:for"
    "|and|a)|think|not forget|not (?:talk|argue|fight|go|start|waste|get|jump|rush|do this)|come back|meet|say (?:that|hello"
    "|we|you|i)|be|face|assume|pretend|suppose|keep (?:it|this|going|in|an|moving|that|things)|put (?:it|that|this) (?:aside"
    "|another|differently)|leave (?:it (?:there|at that|open)|that (?:aside|for|open))|park|give (?:it|him|her|them|@)"
    "|try (?:to|again|this)|do (?:a (?:quick|round)|the (?:round|intro)|introductions|this (?:quickly|now|step))|call it a"
    "|make (?:sure|this|it (?:quick|short))|take (?:questions|turns)|use (?:the|this) (?:time|remaining)|go (?:back|on|to|step"
    "|deeper|one|next|quickly|into|home)|hold (?:on|off)|open (?:the floor|it|up|with)|have (?:a|the) (?:look|quick|round"
    "|break)|share (?:the )?screen|test (?:this|that|your|yourself|the (?:mic|sound))|add (?:that|this) (?:to the agenda|up)"
    "|stop (?:here|there|for|shouting|fighting|blaming|this)|close (?:here|with|this|the meeting)|set (?:the|this) (?:scene"
    "|aside|stage)|ask|listen|calm|focus|turn|quickly|briefly|first|now|just (?:go|look|see|talk|start|wait|say)|review"
    "|summari[sz]e|spend|jump|finish|end|check|catch|connect|find out|figure|brainstorm|understand|remember|change (?:the"
    " (?:topic|subject))|pick (?:this|that|it) up"
)
_PAST = (
    r"was|were|had|did|went|got|said|made|took|saw|found|lost|came|knew|thought|told|ran|gave|felt|left|kept|began|wrote"
    r"|brought|bought|built|sent|spent|met|held|became|broke|chose|drew|drove|fell|grew|put(?= in)|rose|sold|spoke|stood"
    r"|taught|understood|wore|won|[a-z]+ed"
)
_STATE = (
    r"are|have|need|know|see|think|want|can|could|would|should|might|may|must|do not|don|talk|look|hear|feel|hope|wait and"
    r"|start (?:to|with|the meeting)|had|will see|get|come|understand|believe|guess|only|all|both|also|still|just|never|always"
    r"|say|ask|look|discuss|meet|like|work|live|say|mean|love|remember|learn|define|write|call|compute|obtain|multiply"
    r"|divide|apply|assume|consider|observe|find|note|suppose|"
)
_PASTTIME = r"(?!.*\b(?:last (?:year|week|month|quarter|time|sprint|meeting|spring|summer|autumn|winter|night)|yesterday|ago|back then|previously|originally|in the past|at the time|years? before|the other day)\b)"
_HEDGE = r"(?!.*\b(?:maybe|perhaps|might|possibly|not sure|i guess|if all goes|i wonder|hopefully)\b)"
_STRONG_AGREE = (
    r"agreed|deal|done deal|settled|it is a deal|let us do (?:that|it|this|so)|(?:then )?we (?:will )?do (?:that|it)(?: then)?"
    r"|we will do (?:that|it|so)|sold|approved|that is (?:agreed|settled|decided|a deal)|(?:ok|okay|yes|good|fine|great|right"
    r"|all right|alright) ,? ?(?:then )?(?:let us|we will|we) (?:do (?:that|it|so|this)|go with (?:that|it))|let us go with"
    r" (?:that|it)|i (?:fully |completely |totally )?agree(?! with .* but)|you have my (?:vote|approval|okay)|so be it"
    r"|we are agreed|all agreed|everyone agrees|no objections?|seconded|i second that|go ahead(?: then)?"
)
_WEAK_AGREE = (
    r"sounds (?:good|great|fine|reasonable|fair)|works for (?:me|us)|good idea|great idea|fine (?:with|by|for) (?:me|us)|makes"
    r" sense|(?:i am|we are) (?:fine|okay|ok|happy|good) with (?:that|it|this)|fair enough|i like (?:that|it)|yes|yeah|okay|ok"
    r"|sure|fine|perfect|all right|alright|good|great|exactly|absolutely|why not|i think so|i can live with that|same here"
    r"|me too|count me in|happy with that|that (?:works|helps|is fine|would work|sounds good)|i support that"
)
_ACCEPTED = (
    r"will do|sure|of course|yes|yeah|yep|okay|ok|no problem|not a problem|absolutely|certainly|definitely|(?:i am |we are )?(?:very )?happy to"
    r"|(?:i would be |i am )?glad to|gladly|my pleasure|with pleasure|fine(?: with me| by me)?|got it|on it|i am on it|i will|i can"
    r"|i shall|consider it done|leave (?:it|that) (?:with|to) me|right away|understood|all right|alright|done|sounds good"
    r"|works for me|makes sense|you (?:will|shall) (?:have|get|see)|no worries|noted|true|right|i have (?:got )?(?:it|that)|i am going"
    r" to|let me|good|fair enough|i would love to|can do|roger|you bet|i guess i can|if i must|yes please|mine|i see to it"
    r"|i will take care|will be done|you got it|as you wish|very well|i do (?:that|it)|deal|agreed|on my list|already on it"
)
_REFUSED = (
    r"(?:no|nope|sorry|unfortunately|i am afraid|not (?:this|before|today|really|possible|me|i)|i (?:can|could|will|would|do) not"
    r"|i would rather not|i have no (?:time|capacity)|that is not (?:my|possible|going)|impossible|no way|why (?:me|should i)"
    r"|never|i already did|already done|i did that|i refuse|forget it|ask (?:somebody|someone|@))"
)
_SOMEONE = r"(?:someone|somebody|anyone|anybody|one of (?:us|you)|a volunteer)"

CUES = tuple(
    Cue(act, re.compile(pattern), weak)
    for act, weak, pattern in (
        # the speaker commits
        (Act.COMMIT, False, rf"{_NOT_EMBEDDED}\bi (?:will|shall|am going to|am gonna) {_ADV}{_DO}"),
        (Act.COMMIT, False, rf"\bi (?:promise|commit|volunteer|undertake) to {_ADV}{_DO}"),
        (Act.COMMIT, False, rf"\bi (?:am|would be) (?:more than |very |really )?(?:happy|glad|willing) to {_ADV}{_DO}"),
        (Act.COMMIT, False, rf"\b(?:my (?:action|task|job|to-do|todo|homework)(?: item| point)? is to|(?:action|to-do) (?:item )?(?:for|on) me is to) {_ADV}{_DO}"),
        (Act.COMMIT, True, rf"\blet me {_ADV}(?!know\b|put\b|say\b|ask\b|give you|share\b|show\b|finish\b|explain\b|first\b|try to\b|go\b|open\b|pull up){_DO}"),
        (Act.COMMIT, True, rf"{_NOT_EMBEDDED}\bi can {_ADV}(?!confirm|see|hear|tell|imagine|understand|say|only|not|recommend|think|remember|feel|live|help but|get why|always|relate|believe|offer|show you|promise){_DO}"),
        (Act.COMMIT, True, rf"{_NOT_EMBEDDED}\bi (?:need to|have to|must|have got to|should|ought to|had better|want to|plan to|intend to|am planning to|would like to|aim to|hope to) {_ADV}(?P<do>(?:{_ACTION_VERBS})\b(?! (?:you|us|everyone) (?:something|that|about|a question|for)).*)"),
        (Act.COMMIT, True, rf"\bi am (?P<do>(?:{_ACTION_VERBS})?[a-z]+ing\b.*)"),
        (Act.COMMIT, True, rf"{_LEAD}i (?:also |then )?(?P<do>(?:{_ACTION_VERBS})\b.*)"),
        (Act.COMMIT, False, r"\bwe (?:will|shall|are going to) (?:definitely |certainly |then )?(?P<do>(?:get back to you|let you know|send you|give you|come back to you|email you|call you|provide you|share with you|invite you|contact you|reply to you)\b.*)"),
        (Act.COMMIT, False, r"\bi (?:will|can|am happy to|could) (?P<do>(?:let (?:you|everyone|everybody|the team|them|him|her|@[a-z]+) know|get back to (?:you|everyone|the team|them|him|her|@[a-z]+)|come back to you|keep you (?:posted|updated|informed)|give you (?:an? (?:answer|update|estimate|number|quote|list|call|ring)|the|my)|give (?:him|her|them|@[a-z]+) (?:an? |the )|tell (?:him|her|them|the|everyone|everybody|my|our|@[a-z]+)|talk to|speak (?:to|with)|start (?:on|writing|working|the|a)|take (?:care|over|on|it|that|this|the|both|one|part)|work on (?:the|a|an)|have (?:a (?:look|word|chat) (?:at|with)|it|that|this|the .* (?:ready|done|by))|ask (?:him|her|them|the|our|my|for|@[a-z]+|[a-z]+ (?:for|to|about|if|whether))|share (?:the|it|that|this|a|an|my (?:notes|slides|draft|findings))|present (?:the|it|that|this|a)|introduce you to|explain (?:it )?to (?:him|her|them|the)|support (?:you|him|her|them|@[a-z]+) (?:with|on|in)|cover (?:for|the|your|his|her|it)|stay (?:late|behind|to)|come (?:by|over|in|to|along|back)|go (?:to|over|through) (?:the|it|all|every)|bring|join (?:the|you)|accept (?:the|it)|stop (?:the|doing|sending|by)|make (?:it|that|sure|the|a|an)|leave (?:the|a) (?:key|note|message|door))\b.*)"),
        # offers that need a yes
        (Act.OFFER, False, rf"{_LEAD}(?:shall|should|can|could|may) i (?:go ahead and |already |just )?(?P<do>(?:{_ACTION_VERBS})\b(?! (?:you (?:something|a question)|a question|something|in here|on that)\b).*)\?"),
        (Act.OFFER, False, rf"\b(?:do you want me to|would you like me to|would it help if i|is it (?:ok|okay|fine|alright) if i|what if i) (?P<do>(?:{_ACTION_VERBS}).*)"),
        (Act.OFFER, False, rf"\bi could (?:also |maybe |probably |perhaps )?(?P<do>(?:{_ACTION_VERBS})\b.*)"),
        # requests
        (Act.REQUEST, False, r"\b(?:can|could|would|will) you (?:please |maybe |also |just |perhaps |kindly |possibly |at least |then )*(?:be so kind (?:as )?to |be willing to |mind |have time to |find time to |be able to |make sure (?:to|that you) |quickly |try to |see if you can )?(?P<do>[a-z]+\b.*)"),
        (Act.REQUEST, False, r"\bplease (?:also |just |do |kindly |then |make sure to |make sure (?:that )?you |remember to |do not forget to )?(?P<do>(?!(?:do not|not|be|let us|wait|no|stop|calm|continue|go ahead|go on|listen|note|sit|do|@)\b)[a-z]+\b.*)"),
        (Act.REQUEST, False, r"\b(?:i (?:need|want) you to|i would (?:like|love|want) you to|i (?:am )?ask(?:ing)? you to|may i ask you to|can i ask you to|could i ask you to|i would ask you to|i would appreciate it if you (?:could )?|it would be (?:great|good|nice|helpful|lovely) if you (?:could |can |would )?|are you able to|do you (?:think you (?:can|could)|have time to)|do you mind|would you mind|i am counting on you to|your (?:task|job|homework|action) is to|do not forget to|remember to|be sure to) ?(?P<do>[a-z]+\b.*)"),
        (Act.REQUEST, True, rf"\byou (?:should|need to|have to|must|ought to|will have to|will need to|had better) (?:also |just |then |please )*(?P<do>(?:{_ACTION_VERBS})\b.*)"),
        (Act.REQUEST, False, rf"(?:^|, |\b(?:and|so|then|okay|ok|thanks|good|great) )(?P<who>{_WHO}) ,? ?(?:please )?(?:can|could|would|will) you (?:please |also |maybe )?(?P<do>[a-z]+\b.*)"),
        (Act.REQUEST, False, rf"(?:^|, |\b(?:and|so|then|okay|ok|thanks|good|great) )(?P<who>{_WHO}) , (?:and )?(?:you (?:will )?|please |also |maybe |then )*(?P<do>(?:{_ACTION_VERBS})\b.*)"),
        (Act.REQUEST, False, rf"\b(?:make|be) sure (?:to |that |you )*(?P<do>(?!(?:i|we|he|she|they|somebody|someone|everyone|it)\b)[a-z]+ .*), (?P<who>{_WHO})"),
        # somebody is named
        (Act.ASSIGN, False, rf"(?P<who>{_WHO}) (?:will|shall|is going to) {_ADV}(?P<do>(?!(?:be|not|never|have to|need|want|know|say|see|tell you|like|love|hate|feel|think|probably|agree|explain|join us|present now|start|take us|walk us|kill|notice|understand)\b)[a-z]+\b.*)"),
        (Act.ASSIGN, False, rf"\b(?:action|task|to-do|todo|ai|action item|next step)(?: item| point)? (?:for|on|goes to|is for) (?P<who>{_WHO}) ?(?:is |:|,|—|–)* ?(?:to )?(?P<do>[a-z]+\b.*)"),
        (Act.ASSIGN, False, rf"{_LEAD}(?P<who>{_WHO}) to (?P<do>(?:{_ACTION_VERBS})\b.*)"),
        (Act.ASSIGN, False, rf"\b(?:i (?:would )?(?:suggest|propose|ask|want|like|need|asked) (?:that )?|let us (?:have|ask|get) |we (?:will )?(?:ask|have|get) |i will (?:ask|have|get) )(?P<who>{_WHO}) (?:to )?(?P<do>(?:{_ACTION_VERBS})\b.*)"),
        (Act.ASSIGN, True, rf"(?P<who>{_WHO}) (?:can|could|should|has to|needs to|must|might|would|wants to|is (?:responsible for|in charge of|on)) {_ADV}(?P<do>(?!(?:be|not|never|have|know|say|see|tell|like|love|think|hear|understand)\b)[a-z]+\b.*)"),
        (Act.ASSIGN, True, rf"(?P<who>{_WHO}) (?:also |then |just |simply )*(?P<do>(?:{_ACTION_VERBS}|do)(?:e?s)\b(?! (?:that|you (?:are|were)|right|like|to have)\b).*)"),
        # open calls and needs
        (Act.CALL, False, r"\b(?:who (?:can|could|will|would|wants to|would like to|is going to|is able to|is willing to|should|shall|has time to|volunteers to|is taking care of|takes care of|takes|owns|handles|does|writes|tells|informs|sends|calls|checks|prepares|books|organi[sz]es|updates|brings|leads|runs|tests|fixes|talks to|speaks to|picks up|looks after|makes|buys|gets|drives|cleans|pays|does) ?(?P<do>.*))\?"),
        (Act.CALL, False, rf"\b(?:can|could|would|does|will) {_SOMEONE} (?:please |else |want to |have time to |volunteer to )*(?P<do>[a-z]+\b.*)\?"),
        (Act.NEED, False, r"\b(?:we|i) (?:still |also |really |just )*(?:need|have|ought|must|should|want)(?: to)? (?P<do>.*)"),
        (Act.NEED, False, rf"\b{_SOMEONE} (?:still |really |just )*(?:should|has to|needs to|must|ought to|could|will have to) (?P<do>.*)"),
        (Act.NEED, False, r"\b(?P<do>.* (?:needs|has|have|need|still needs) (?:to be|to get) .*)"),
        (Act.NEED, False, r"\b(?:it would be (?:good|great|nice|helpful|useful) (?:to|if)|there is still|what is missing is|the only thing missing is|what about|next is) (?P<do>.*)"),
        # answers
        (Act.ACCEPT, False, rf"^(?:(?:and|but|so|well|oh|ah|um|uh|yes|yeah|okay|ok|right|good|true|thanks|thank you|great|{_WHO})[ ,.]*)*(?:{_ACCEPTED})\b(?! (?:not|but|i (?:can|will|do) not)\b)"),
        (Act.REFUSE, False, rf"^(?:(?:well|oh|ah|um|uh|honestly|{_WHO})[ ,.]*)*{_REFUSED}\b(?! (?:problem|worries|objection|doubt|matter))"),
        (Act.EXTEND, False, r"\b(?:give me (?:until|till|a|an|one|two|three|the)|you (?:will|shall|can) (?:have|get|see|receive|expect)|expect (?:it|that|them)|i (?:need|will need|have) (?:until|till)|(?:it|that|they|this) (?:will|should|can) be (?:ready|done|there|in your|with you|finished)|should be (?:ready|done)|i (?:will|can) (?:have|get) (?:it|that|them|this)|i (?:will|can|shall) (?:do|send|finish|deliver|bring) (?:it|that|them|this)|(?:by|until) )"),
        # decisions
        (Act.ANNOUNCE, False, r"\b(?:we (?:have )?(?:decide|decided|agree|agreed)|(?:the|our|my) decision is|here is (?:the|our) decision|(?:so|then) (?:the|our) (?:decision|plan) is|(?:this|here) is what we (?:will )?do)(?: on| to do)?(?: the following| this| as follows)? ?[:.]?$"),
        (Act.DECIDE, False, rf"^(?!.*\b(?:if|before|until|once|when|can not|could not|did not|have not|has not|not yet|need to|have to|want to|should|must|unless|had) (?:we |i |been |not |have |all |finally )*(?:decide|decided|agree|agreed|settle|settled)\b){_PASTTIME}.*\b(?:we|i) (?:have |all |hereby |now |also |both |then |finally |just )*(?:decide|decided|agree|agreed|settle on|settled on|settled|chose|have chosen|resolved|voted)(?: (?:on|to|that|for|against|upon))? (?P<do>(?!with\b|about\b|so\b|too\b|but\b|completely\b|totally\b|fully\b|more\b|there\b|the following|as follows).+)"),
        (Act.DECIDE, False, r"\b(?:(?:then |so )?(?:it|that|this) is (?:settled|decided|agreed|final|a deal|done then)|(?:the|our|my) (?:final )?decision(?: then| now)? (?:is|stands)|we have a decision|decision|it has been decided|motion (?:passed|passes|carried)|we are (?:all )?(?:agreed|decided|settled))\b ?(?:then )?[ ,:—–]*(?:that |to |on |is )?(?P<do>(?!then\b|not\b|yet\b|still\b|making\b|maker\b)[a-z@0-9].*)"),
        (Act.DECIDE, False, rf"{_PASTTIME}{_LEAD}(?:then |so )?we (?:are |will be )?(?P<do>(?:going with|going ahead|go with|go ahead with|will go with|will go ahead|stick with|sticking with|will stick with|settle on|opt for|opting for|choose|keep|keeping|drop|dropping|postpone|cancel|freeze|stay with|staying with)\b .*)"),
        (Act.DECIDE, False, rf"^(?!.*\?){_HEDGE}.*\b(?:then|so|okay|ok|good|fine|great|right|alright|all right|in that case|agreed|done) ,? ?(?:then |so )?(?P<do>we (?:will |shall |are going to |do )?(?!(?:{_STATE})\b)(?!(?:{_PAST})\b)(?!{_LETS_TALK}\b)(?:{_DECISION_VERBS})\b.*)"),
        (Act.DECIDE, False, rf"^(?!.*\?){_HEDGE}(?:{_LEAD})?then (?P<do>(?:we|the [a-z]+(?: [a-z]+)?) (?:will |shall |are going to )?(?!(?:{_STATE})\b)(?!(?:{_PAST})\b)(?!(?:is|has|will be|was|came|comes|there|got)\b)(?!{_LETS_TALK}\b)[a-z]+\b.*)"),
        (Act.DECIDE, False, rf"^(?!.*\?)(?:.*[,.] )?(?:{_LEAD})(?:let us) (?:therefore |then |just |all |now |definitely )?(?!(?:{_LETS_TALK})\b)(?P<do>(?:{_DECISION_VERBS})\b.*)"),
        (Act.DECIDE, False, r"^(?!.*\?)(?:.*, )?(?P<do>from now on ,? ?(?:we|every|each|all|nobody|no|the) .*)"),
        (Act.DECIDE, False, r"^(?:(?:so|then|okay|ok|good|fine|great|right|alright|all right)[ ,]*)*(?P<do>(?!(?:that|this|as|what|how|like|where|here|there|which|because|when|think)\b)(?:[a-z0-9'-]+ ){1,5}it is(?: then)?) [.!]"),
        (Act.DECIDE, False, r"\b(?P<do>.* (?:is|are) (?:hereby )?(?:approved|signed off|green-lit|off the table|out of scope|a go|a no go|cancelled|postponed (?:to|until|by)) ?.*)"),
        (Act.DECIDE, False, r"\b(?:you have (?:a deal|my (?:approval|go-ahead|go ahead|sign-off|vote) (?:for|to|on)?)|i (?:hereby )?approve|i have decided(?: (?:that|to|on))?|my decision is(?: (?:that|to))?) (?P<do>.+)"),
        (Act.DECIDE, False, rf"^(?!.*\?){_HEDGE}.*\bwe (?:would like to|want to|are ready to|are happy to|will) (?P<do>(?:go ahead|move forward|proceed|sign|buy|start with a|start with the|take the|order)\b.*)"),
        (Act.PROPOSE, False, r"\b(?:i (?:would )?(?:suggest|propose|recommend|vote)|my (?:suggestion|proposal|recommendation|vote) (?:is|would be))(?: (?:that|to|for|we))* (?P<do>.+)"),
        (Act.PROPOSE, False, rf"{_LEAD}(?:shall|should|can|could) we (?:also |maybe |perhaps |just |not |simply |then )?(?!(?:start|begin|go through|talk|move on|hear|discuss|see|look at|go on|continue|have a|come back|wrap|get started|meet)\b)(?P<do>[a-z]+\b.*)\?"),
        (Act.PROPOSE, False, r"\b(?:how about|why do not we|why not|what if we|what about if we|would it be (?:ok|okay|possible) (?:if we|to)|i say we|i would (?:go with|say we|go for|prefer to|prefer)) (?P<do>.+)"),
        (Act.PROPOSE, True, r"\bwe (?:could|should|can|might) (?:also |maybe |perhaps |just |simply |probably |at least )?(?P<do>(?!(?:have|be|see|know|say)\b)[a-z]+\b.*)"),
        (Act.PROPOSE, False, rf"{_LEAD}(?:let us|maybe we) (?:maybe |perhaps |just )?(?!(?:{_LETS_TALK})\b)(?P<do>[a-z]+\b.*)"),
        (Act.AGREE, False, rf"^(?:(?:and|so|then|well|oh|yes|yeah|okay|ok|right|good|true|great|fine|perfect|thanks|{_WHO})[ ,.]*)*(?:{_STRONG_AGREE})\b(?! to disagree)"),
        (Act.AGREE, True, rf"^(?:(?:and|so|then|well|oh|hm|{_WHO})[ ,.]*)*(?:{_WEAK_AGREE})\b(?! (?:but|however))"),
        # what nobody knows yet
        (Act.UNKNOWN, False, r"\b(?:do not (?:really |yet |even )?know|have no (?:idea|clue)|no (?:idea|clue)|not (?:yet )?(?:clear|sure|certain|known)|unclear|open question is|open question|still (?:open|unclear|unknown)|wonder|wondering|(?:need|have|want) to (?:find out|figure out|understand|clarify)|nobody knows|remains open)(?: to (?:me|us))?(?: at the moment| yet| is)?[ ,:]*(?P<do>(?:why|how|whether|who|when|where|which|what|if)\b.*)"),
        (Act.UNKNOWN, False, r"\b(?:(?:i|we) (?:really |just |still )*(?:do not|did not) know|(?:i|we) have no (?:idea|clue)|no idea|no clue|not sure|(?:i|we) have not (?:decided|found out|figured|looked|checked)|good question|that is (?:still )?(?:open|unclear)|nobody knows|hard to say|(?:i|we) (?:will|need to|have to|would have to) (?:find out|check|look into (?:it|that)|get back)|we will see|to be decided|remains to be seen|not yet clear|it depends|i can not (?:say|tell|answer))\b"),
    )
)  # fmt: skip

SMALL_TALK = tuple(
    re.compile(pattern)
    for pattern in (
        r"^(?:shall|should|can|may) (?:we|i) (?:start|begin|go on|continue|move on|wrap|get started|go ahead|kick|finish|go first)",
        r"\b(?:can|do) (?:you|everyone|everybody|people) (?:all )?(?:hear|see) (?:me|us|my|the (?:screen|slides))",
        r"\b(?:how are you|how is it going|how are things|how was your (?:weekend|day|flight|trip|journey)|what is up|who is next|is everyone here|are we (?:all|ready|complete)|are you (?:ready|there|okay|ok|all right|kidding|serious))\b",
        r"^(?:(?:and|so|well|okay|ok|yes|no|oh) ,? ?)*(?:right|okay|ok|yes|no|really|sorry|pardon|what|huh|you know|correct|and|so|why|how|when|who|why not|how so|how come|what else|anything else|any (?:other )?(?:questions|comments|thoughts|objections)|any questions|makes sense|does that make sense|is that (?:okay|ok|clear|right|all right|it|all)|does that (?:help|work|make sense)|what do you (?:think|mean|say)|who else|what happened|are you (?:sure|serious)|is that so|is it|do you|have you|did you|did i|isn't it|what now|now what)(?: ,? ?@[a-z]+)? ?\?$",
        r"^what about @?[a-z]+(?: @?[a-z]+){0,3} ?\?$",
        r"\b(?:anything else|any other (?:business|questions|points)|is there anything else|what is next|who wants to (?:start|go first|begin))\b",
        r"^(?:why|how) (?:do|can|could|would|are) you (?:always|never|even|say that|keep)|\bwhy are you (?:shouting|yelling|so)|\bdo you (?:ever|even|know what i mean|understand me)\b|\bare you (?:listening|kidding|joking)\b|\bwho do you think you are\b",
        r"\b(?:you know what|guess what|may i (?:ask|say|add)|can i (?:ask|say|add|interrupt))\b",
    )
)  # fmt: skip

TALK_REQUEST = re.compile(
    r"^(?:tell (?:us|me)|explain|walk (?:us|me)|repeat|say|hear|see|speak|share your (?:screen|view)|share the screen|give"
    r" (?:us|me) (?:an? )?(?:update|overview|summary|quick|short|status|example|second|minute|moment|idea|break)|start|go|begin"
    r"|introduce|remind (?:me|us)|elaborate|mute|unmute|turn|clarify|describe|summari[sz]e|be|stop|imagine|believe|understand"
    r"|wait|hold|listen|let (?:me|us|him|her|them) (?:finish|speak|know what|see)|show (?:us|me)|take us|talk|comment|join|calm"
    r"|think|remember|recall|see if|quickly (?:tell|explain|summari)|briefly|come (?:in|on|back to)|continue|answer|stay|sit"
    r"|pass me|get to|move on|skip|read (?:it|that|this)? ?(?:out|aloud)|confirm that you|live|agree|accept|guess|not|never|have"
    r"|like|help me understand|always|only|also|ever|say that|sum|note|open your|look at (?:the|this) (?:slide|screen|board)"
    r"|excuse|forgive|just say|put (?:yourself|it|that) (?:in|another|differently)|really|use|want)\b"
)

STOPWORDS = frozenset(
    ["a", "an", "the", "this", "that", "these", "those", "it", "its", "he", "him", "his", "she", "her", "hers", "they", "them", "their", "theirs", "we", "us", "our", "ours", "i", "me", "my", "mine", "you", "your", "yours", "who", "whom", "whose", "which", "what", "when", "where", "why", "how", "and", "or", "but", "so", "then", "than", "as", "if", "because", "while", "though", "although", "of", "in", "on", "at", "by", "for", "from", "to", "with", "into", "onto", "over", "under", "about", "after", "before", "until", "till", "since", "during", "through", "between", "among", "against", "per", "via", "up", "down", "out", "off", "is", "are", "was", "were", "be", "been", "being", "am", "do", "does", "did", "doing", "done", "have", "has", "had", "having", "will", "would", "shall", "should", "can", "could", "may", "might", "must", "ought", "not", "no", "nor", "yes", "yeah", "okay", "ok", "well", "just", "also", "too", "very", "really", "quite", "rather", "only", "even", "still", "already", "yet", "again", "ever", "there", "here", "now", "please", "thanks", "thank", "us", "let", "some", "any", "each", "every", "all", "both", "few", "more", "most", "other", "such", "own", "same", "'s", "one", "ones", "something", "anything", "everything", "thing", "things", "get", "got", "going", "go", "goes", "went", "um", "uh", "oh", "like", "sort", "kind", "bit", "lot", "lots", "much", "many", "sure", "right", "good", "great", "fine", "perfect", "actually", "basically", "maybe", "perhaps", "probably", "of", "course", "anyway", "upon", "within", "without"]
)
NEGATORS = frozenset(
    ["not", "no", "never", "none", "nobody", "nothing", "nowhere", "neither", "nor", "without", "hardly", "barely", "scarcely", "cannot", "unable", "except", "unless", "refuse", "refuses", "refused", "stop", "instead"]
) - {"stop"}
GENERIC = frozenset(
    ["agree", "agreed", "decide", "decided", "decision", "plan", "team", "meeting", "ensure", "responsible", "task", "action", "follow", "discuss", "discussed", "topic", "regarding", "proceed", "issue", "need", "needs"]
)

LEXICON = Lexicon(
    language="en",
    headings={
        "note": "Meeting note",
        "decision": "Decisions",
        "action": "Action items",
        "question": "Questions",
        "topic": "Topics",
        "unsupported": "Unsupported",
        "due": "due",
        "answered": "answered",
        "open": "open",
        "owner_unknown": "owner not named",
        "notices": "About this note",
        "answer": "Answer",
        "summary": "Summary",
        "nothing": "Nothing that belongs in a note was recognised.",
        "key_points": "Key points",
        "unsupported_intro": "Not part of the note: the recording does not carry these lines.",
    },
    stopwords=STOPWORDS,
    negators=NEGATORS,
    cues=CUES,
    address_openers=frozenset(
        ["and", "so", "okay", "ok", "well", "thanks", "thank", "you", "great", "good", "hi", "hello", "hey", "morning", "sorry", "perfect", "then", "but", "now", "alright", "right", "yes", "no", "welcome", "please", "true", "exactly", "agreed"]
    ),
    address_followers=frozenset(
        ["how", "what", "can", "could", "would", "will", "please", "do", "did", "does", "are", "you", "is", "any", "anything", "tell", "over", "go", "let", "have", "when", "where", "why", "who", "which", "may", "i", "we", "your", "the", "that", "it", "this", "and", "to", "also", "maybe", "has", "was", "want", "should", "shall", "thanks", "any"]
    ),
    thanks_words=frozenset(["thanks", "thank", "you", "welcome", "hi", "hello", "hey", "morning", "sorry", "perfect", "great", "good"]),
    never_names=frozenset(
        ["okay", "ok", "well", "yes", "no", "yeah", "sure", "right", "so", "and", "but", "then", "now", "also", "honestly", "actually", "good", "great", "fine", "perfect", "thanks", "thank", "sorry", "please", "hello", "hi", "hey", "morning", "afternoon", "evening", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december", "everyone", "everybody", "all", "team", "guys", "folks", "true", "agreed", "exactly", "first", "second", "third", "finally", "lastly", "next", "today", "tomorrow", "yesterday", "however", "maybe", "perhaps", "anyway", "basically", "obviously", "clearly", "look", "listen", "wait", "oh", "ah", "um", "uh", "hmm", "wow", "alright", "absolutely", "definitely", "certainly", "mister", "miss", "mr", "mrs", "ms", "dr", "sir", "madam", "mum", "mom", "dad", "god", "jesus", "english", "german", "french", "spanish", "internet", "google", "slack", "zoom", "teams", "excel", "docker", "linux", "windows", "python", "java", "what", "why", "how", "when", "where", "who", "which", "that", "this", "there", "here", "indeed", "fair", "excellent", "wonderful", "cool", "nice", "interesting", "correct", "wrong", "done", "deal", "seriously", "frankly", "meanwhile", "otherwise", "instead"]
    ),
    everyone=frozenset(["everyone", "everybody", "all", "team", "folks", "guys"]),
    generic=GENERIC,
    small_talk=SMALL_TALK,
    first_person=frozenset(["i", "we", "me", "my", "our", "us", "let", "mine"]),
    complete=True,
)
