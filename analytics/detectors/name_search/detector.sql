/* @detector
id: name_search
version: 4
title: The same name searched for again and again, then opened
status: active
severity: medium
mode: scheduled
schedule: "0-59/10 * * * *"
grain: [staff_id_system, staff_id, organisation_code]
period: day
lookback_days: 6
params:
  { searches_min: 3, apart_seconds: 15, again_seconds: 600, usual_share_max: 0.02, prior_weight: 20, letters_min: 2,
    stem_letters_min: 3, burst_weight: 0.4, own_weight: 0.5, organisation_weight: 0.4, inferred_weight: 0.7, other_name_weight: 0.7, lookback_days: 6,
    no_family_names: "KAUR,SINGH,BEGUM,BIBI,KHATUN,DEVI,KUMARI,KUMAR,AKHTAR,MISS,MR,MRS,MS,BABY,BOY,GIRL,TWIN,UNKNOWN,TEST" }
needs: [patients, care_relationships]
silenced_by: team
reason: "{staff} searched for {whose} {searches} in {window} days and then opened {opened} of that name that nothing links to their team. Of {role_searches} searches of the role in that time, {others} other names were searched for as often by one person."
@detector */
WITH
-- Logins that are nobody's own, with the day until which they are.
nobodies AS (
    SELECT staff_id_system, staff_id, if(isNull(ended_at), toDate('2149-06-06'), toDate(assumeNotNull(ended_at), 'Europe/London')) AS until
    FROM staff_identities WHERE kind IN ('shared', 'system', 'test')
),
-- Staff who search at all, so that the others are not read.
searchers AS (
    SELECT DISTINCT staff_id_system, staff_id FROM staff_days
    WHERE day >= subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32}) AND day <= arrayMax({days:Array(Date)}) AND searches > 0
),
-- Searches by a person's own hand, in words of enough letters: one row per search. A word begins with a letter, which no
-- date of birth and no NHS number does, and is no postcode.
searches AS (
    SELECT e.day AS day, e.staff_id_system AS staff_id_system, e.staff_id AS staff_id, e.organisation_code AS organisation_code,
        multiIf(e.role_code != '', toString(e.role_code), lowerUTF8(toString(e.role_name))) AS role,
        (e.occurred_at, e.source, e.event_id) AS search,
        arrayDistinct(arrayFilter(word -> lengthUTF8(word) >= {letters_min:UInt32}
            AND match(word, '^\\pL') AND NOT match(word, '^[A-Z]{1,2}[0-9][0-9A-Z]?([0-9][A-Z]{2})?$'), splitByRegexp('[\\s,;*%\'"./()-]+', upperUTF8(e.search_terms)))) AS words
    FROM committed_events AS e
    LEFT JOIN nobodies AS n ON n.staff_id_system = e.staff_id_system AND n.staff_id = e.staff_id
    WHERE e.day >= subtractDays(arrayMin({days:Array(Date)}), {lookback_days:UInt32}) AND e.day <= arrayMax({days:Array(Date)})
        AND e.action = 'search' AND e.trigger != 'system' AND e.outcome IN ('success', 'unknown') AND e.search_terms != ''
        AND e.day >= n.until
),
-- The surnames of those who search but words that are hardly a family's name, and the share of all staff with the commonest.
own_names AS (
    SELECT staff_id_system, staff_id, groupUniqArray(own) AS words, max(share) AS commonness
    FROM (
        SELECT staff_id_system, staff_id, own, uniqExact(staff_id_system, staff_id) OVER (PARTITION BY own)
            / (uniqExact(staff_id_system, staff_id) OVER () + {prior_weight:UInt32}) AS share
        FROM staff
        ARRAY JOIN arrayFilter(word -> lengthUTF8(word) >= {letters_min:UInt32} AND NOT has(splitByChar(',', {no_family_names:String}), word),
            splitByRegexp('[\\s,;*%\'"./()-]+', upperUTF8(surname))) AS own
    )
    WHERE (staff_id_system, staff_id) IN (SELECT staff_id_system, staff_id FROM searchers) GROUP BY staff_id_system, staff_id
),
-- What a person searched for up to each judged day, with the words of all those searches.
weeks AS (
    SELECT judged, staff_id_system, staff_id, organisation_code, role, groupArray((search, words)) AS said,
        groupUniqArrayArray(words) AS vocabulary
    FROM searches
    ARRAY JOIN arrayFilter(d -> day <= d AND day >= subtractDays(d, {lookback_days:UInt32}), {days:Array(Date)}) AS judged
    GROUP BY judged, staff_id_system, staff_id, organisation_code, role
),
-- How often each word was searched for up to each judged day: one row per judged day, staff member and word. The beginning
-- of a word that the person also typed at length is that word. A request sent twice is one search, but for one's own
-- surname each counts. `occasions` are those of which no other is near; `reached` is the search with which it is often
-- enough: the third, or of one's own surname one on a second occasion, or the first if that is hardly chance.
repeated AS (
    SELECT judged, w.staff_id_system AS staff_id_system, w.staff_id AS staff_id, w.organisation_code AS organisation_code,
        w.role AS role, typed.1 AS word, groupUniqArray(typed.2) AS spellings, has(any(o.words), word) AS is_own,
        any(o.commonness) * any(length(w.said)) <= {usual_share_max:Float64} AS is_no_chance, arraySort(groupUniqArray(one.1)) AS found,
        arrayMap((search, before) -> if(before.3 = '', {again_seconds:UInt32}, dateDiff('second', before.1, search.1)), found,
            arrayPushFront(arrayPopBack(found), (found[1].1, '', ''))) AS gaps,
        arrayFilter((search, gap) -> is_own OR gap >= {apart_seconds:UInt32}, found, gaps) AS counted,
        arrayCount(gap -> gap >= {again_seconds:UInt32}, gaps) AS occasions,
        arrayFirst((search, place) -> place >= {searches_min:UInt32}
            OR is_own AND (is_no_chance OR search.1 >= addSeconds(found[1].1, {again_seconds:UInt32})), counted, arrayEnumerate(counted)) AS reached,
        count() OVER (PARTITION BY judged, organisation_code, role ORDER BY length(counted) DESC)
            - count() OVER (PARTITION BY judged, organisation_code, role, staff_id_system, staff_id ORDER BY length(counted) DESC) AS others
    FROM weeks AS w LEFT JOIN own_names AS o ON o.staff_id_system = w.staff_id_system AND o.staff_id = w.staff_id
    ARRAY JOIN w.said AS one
    ARRAY JOIN arrayMap(said -> (if(has(o.words, said), said, arrayReverseSort(long -> (length(long), long), arrayFilter(
        long -> long = said OR lengthUTF8(said) >= {stem_letters_min:UInt32} AND startsWith(long, said), w.vocabulary))[1]), said), one.2) AS typed
    GROUP BY judged, w.staff_id_system, w.staff_id, w.organisation_code, w.role, typed.1
    HAVING reached.3 != ''
),
volumes AS (
    SELECT judged, organisation_code, role, sum(length(said)) AS role_searches FROM weeks GROUP BY judged, organisation_code, role
),
-- Accesses that no team's link explains, of staff who search.
unlinked AS (
    SELECT day, staff_id_system, staff_id, organisation_code, patient_id, role_name, strength
    FROM unlinked_accesses(days = {days:Array(Date)}, below = 'team', back_days = 1)
    WHERE (staff_id_system, staff_id) IN (SELECT staff_id_system, staff_id FROM searchers)
),
names AS (
    SELECT patient_id, splitByRegexp('[\\s,;*%\'"./()-]+', upperUTF8(surname)) AS words FROM patients
    WHERE surname != '' AND patient_id IN (SELECT patient_id FROM unlinked)
),
-- What was opened after searching for its surname: one row per access and word. The share is that of words which others
-- searched for as often, shrunk.
fired AS (
    SELECT u.day AS day, u.staff_id_system AS staff_id_system, u.staff_id AS staff_id, u.organisation_code AS organisation_code,
        u.patient_id AS patient_id, u.role_name AS role_name, length(r.counted) AS searches, r.is_own AS is_own, r.found AS found, r.reached AS reached,
        r.occasions + {burst_weight:Float64} * (length(r.counted) - r.occasions) + {own_weight:Float64} * r.is_own AS evidence,
        multiIf(u.strength = 'organisation', {organisation_weight:Float64}, u.strength = 'inferred', {inferred_weight:Float64}, 1)
            * if(r.is_own, 1, {other_name_weight:Float64}) AS weight,
        r.others AS others, v.role_searches AS role_searches, r.others / (v.role_searches + {prior_weight:UInt32}) AS share
    FROM unlinked AS u
    INNER JOIN names AS p ON p.patient_id = u.patient_id
    INNER JOIN repeated AS r ON r.judged = u.day AND r.staff_id_system = u.staff_id_system AND r.staff_id = u.staff_id
        AND r.organisation_code = u.organisation_code
    INNER JOIN volumes AS v ON v.judged = r.judged AND v.organisation_code = r.organisation_code AND v.role = r.role
    WHERE share <= {usual_share_max:Float64} AND (hasAny(p.words, r.spellings)
        OR lengthUTF8(r.word) >= {stem_letters_min:UInt32} AND arrayExists(word -> startsWith(word, r.word), p.words))
),
opened AS (
    SELECT f.day AS day, f.staff_id_system AS staff_id_system, f.staff_id AS staff_id, f.organisation_code AS organisation_code,
        any(f.role_name) AS role, groupUniqArray(f.patient_id) AS patients, max(f.is_own) AS any_own,
        max(f.searches) AS most, max(f.weight * (1 - 1 / f.evidence)) AS most_weight, min(f.others) AS least_others,
        any(f.role_searches) AS searches_of_role, min(f.share) AS least_share, groupUniqArrayArray(arrayFilter(search -> search.1 <= e.occurred_at, f.found)) AS before,
        arraySort(arrayDistinct(arrayConcat(before, groupUniqArray((e.occurred_at, e.source, e.event_id))))) AS events
    FROM committed_events AS e
    INNER JOIN fired AS f ON f.day = e.day AND f.staff_id_system = e.staff_id_system AND f.staff_id = e.staff_id
        AND f.organisation_code = e.organisation_code AND f.patient_id = e.patient_id
    WHERE e.day IN {days:Array(Date)} AND e.trigger != 'system' AND e.outcome IN ('success', 'unknown') AND e.action != 'search'
        AND e.occurred_at >= f.reached.1
    GROUP BY f.day, f.staff_id_system, f.staff_id, f.organisation_code
)
SELECT staff_id_system, staff_id, organisation_code, if(length(patients) = 1, patients[1], '') AS patient_id, day,
    events[1].1 AS first_at, events[-1].1 AS last_at,
    round(most_weight * {usual_share_max:Float64} / ({usual_share_max:Float64} + least_share), 4) AS score,
    map('role', toString(role), 'searches', if(most = 1, 'once', concat(toString(most), ' times')), 'window', toString({lookback_days:UInt32} + 1),
        'whose', if(any_own, 'their own surname', 'the same name'), 'opened', concat(toString(length(patients)), if(length(patients) = 1, ' record', ' records')),
        'role_searches', toString(searches_of_role), 'others', toString(least_others)) AS facts,
    arrayMap(event -> event.3, events) AS event_ids, arrayMap(event -> toString(event.2), events) AS sources
FROM opened
