"""What the server does by itself, so that an exchange that waits for it waits for one round trip.

A function, because each of its statements sees what others have committed until then: of one statement with several parts all see
the moment at which it began, also if it had to wait for a lock. The SQL that writes is the one of `jars` and `states`.
"""

# ruff: noqa: S608  the SQL here is put together from names of our own

from ..jars import JarRow
from .jars import CLOSE_ENDED, KEEPING
from .locks import OWNING
from .states import KEEP_COOKIELESS

_COLUMNS = ", ".join(JarRow._fields)

CLAIM = f"""CREATE OR REPLACE FUNCTION claim(wanted uuid, whose text, me int, asks bool, by_force bool) RETURNS json
LANGUAGE plpgsql AS $$
DECLARE held lease_rows%ROWTYPE;
BEGIN
    INSERT INTO lease_rows (place, fence) VALUES (wanted, 0) ON CONFLICT DO NOTHING;
    SELECT * INTO held FROM lease_rows WHERE place = wanted FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    IF held.owner IS DISTINCT FROM me THEN
        IF NOT coalesce(pg_try_advisory_xact_lock_shared({OWNING}, held.owner), true) THEN
            IF asks OR by_force THEN
                PERFORM pg_notify(format('%s_owner_%s', current_schema(), held.owner),
                    CASE WHEN by_force THEN format('taken %s %s', wanted, held.fence) ELSE format('wanted %s', wanted) END);
            END IF;
            IF NOT by_force THEN
                RETURN NULL;
            END IF;
        END IF;
        PERFORM set_config('synchronous_commit', 'on', true);
        UPDATE lease_rows SET fence = nextval('fences'), owner = me, since = extract(epoch FROM clock_timestamp())
            WHERE place = wanted RETURNING fence INTO held.fence;
    END IF;
    RETURN json_build_object('fence', held.fence, 'cookies', (
        SELECT coalesce(json_agg(json_build_array({_COLUMNS}) ORDER BY sequence, id), '[]') FROM jar_rows WHERE client = whose));
END $$"""
"""Who waits for nobody: a row that somebody has locked is as good as one that somebody has.

A claim outlives a crash of the server, or its owner would believe that somebody else has claimed the client since.
An owner that lives is told, also when it is taken from it: nothing else might tell it, as long as it only reads.
"""

LOST = """CREATE OR REPLACE FUNCTION lost(leases json) RETURNS json LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM lease_rows WHERE place IN (SELECT (each ->> 'place')::uuid FROM json_array_elements(leases) AS each)
        ORDER BY place FOR SHARE;
    RETURN (SELECT json_agg(each ->> 'number') FROM json_array_elements(leases) AS each WHERE NOT EXISTS (
        SELECT FROM lease_rows WHERE place = (each ->> 'place')::uuid AND fence = (each ->> 'fence')::bigint));
END $$"""
"""The numbers of those leases that are not the latest; the others stay the latest until the transaction ends."""

_CLOSE, _REMOVE, _KEEP = (statement.replace("%s::json", "jars") for statement in KEEPING)
_GONE = "SELECT each ->> 'session' FROM json_array_elements({}) AS each WHERE each ->> '{}' > ''"

KEEP = f"""CREATE OR REPLACE FUNCTION keep(leases json, jars json, removes bool, of_sessions bool, sessions json, ends bool)
RETURNS json LANGUAGE plpgsql AS $$
DECLARE latest int;
BEGIN
    PERFORM FROM lease_rows JOIN json_array_elements(leases) AS each
        ON place = (each ->> 'place')::uuid AND fence = (each ->> 'fence')::bigint ORDER BY place FOR SHARE OF lease_rows;
    GET DIAGNOSTICS latest = ROW_COUNT;
    IF latest < json_array_length(leases) THEN
        RETURN lost(leases);
    END IF;
    IF jars IS NOT NULL THEN
        {_CLOSE};
        IF removes THEN
            {_REMOVE};
        END IF;
        {_KEEP};
        IF of_sessions THEN
            {CLOSE_ENDED.replace("%s", _GONE.format("jars", "session"))};
        END IF;
    END IF;
    IF sessions IS NOT NULL THEN
        {KEEP_COOKIELESS.replace("%s::json", "sessions")};
        IF ends THEN
            {CLOSE_ENDED.replace("%s", _GONE.format("sessions", "ended"))};
        END IF;
    END IF;
    RETURN NULL;
END $$"""
"""Nothing, unless all the leases are the latest; the numbers of those that are not. The changes are one round (`rounds`).

What is to be done at all is said by whoever knows it: whether cookies go, whether they are sessions', whether sessions end.
"""

RELEASE = """CREATE OR REPLACE FUNCTION release(leases json) RETURNS void LANGUAGE sql AS $$
    UPDATE lease_rows SET owner = NULL, since = extract(epoch FROM clock_timestamp()) FROM json_array_elements(leases) AS each
        WHERE place = (each ->> 'place')::uuid AND fence = (each ->> 'fence')::bigint $$"""

FUNCTIONS = ("DROP FUNCTION IF EXISTS keep(json, json, json)", CLAIM, LOST, KEEP, RELEASE)
