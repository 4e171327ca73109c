package io.github.resilientkafka.chaos;

import io.github.resilientkafka.chaos.Evidence.RowChange;
import io.github.resilientkafka.message.HeaderCodec;
import io.github.resilientkafka.testing.LocalPostgres;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The database's own record of what became of each stored row, when, and by whose hand: triggers write it, in the
 * transaction of the change. It outlives the row, and its clock is not one that a fault moves.
 */
final class Ledger {

    private static final String TABLES_AND_TRIGGERS = """
            create table chaos_holder (lane int primary key, instance text not null, since timestamptz not null);

            create table chaos_ledger (
              number bigserial primary key,
              at timestamptz not null default clock_timestamp(),
              instance text not null default current_setting('application_name'),
              holder text, held_since timestamptz, row_id bigint, topic text, payload text, headers text, status text, attempts int);

            create function chaos_lease() returns trigger language plpgsql as $$
              begin
                insert into chaos_holder values (new.lane, current_setting('application_name'), clock_timestamp())
                  on conflict (lane) do update set instance = excluded.instance, since = excluded.since;
                return null;
              end $$;

            create function chaos_note() returns trigger language plpgsql as $$
              begin
                insert into chaos_ledger (holder, held_since, row_id, topic, payload, headers, status, attempts)
                select h.instance, h.since, new.id, new.topic, convert_from(substring(new.payload for 60), 'UTF8'),
                       new.headers, new.status, new.attempts
                  from (values (new.lane)) as l (lane) left join chaos_holder h on h.lane = l.lane;
                return null;
              end $$;

            create trigger chaos_lease after update on kafka_lane
              for each row when (new.epoch <> old.epoch) execute function chaos_lease();

            create trigger chaos_insert after insert on failed_kafka_events
              for each row execute function chaos_note();

            create trigger chaos_update after update on failed_kafka_events
              for each row when ((new.status, new.attempts, new.next_attempt_at)
                                 is distinct from (old.status, old.attempts, old.next_attempt_at))
              execute function chaos_note()""";

    private final LocalPostgres postgres;

    /** Begins one in a database that has our tables. */
    Ledger(LocalPostgres postgres) throws SQLException {
        this.postgres = postgres;
        try (Connection connection = connect(postgres);
                Statement statement = connection.createStatement()) {
            statement.execute(TABLES_AND_TRIGGERS);
        }
    }

    List<RowChange> changes() throws SQLException {
        List<RowChange> changes = new ArrayList<>();
        try (Connection connection = connect(this.postgres);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("""
                        select (extract(epoch from at) * 1000)::bigint, instance, holder,
                               (extract(epoch from held_since) * 1000)::bigint,
                               row_id, topic, payload, headers, status, attempts
                          from chaos_ledger
                         order by number""")) {
            while (row.next()) {
                String holder = row.getString(3);
                changes.add(new RowChange(
                        row.getLong(1),
                        World.instanceBehind(row.getString(2)),
                        (holder != null) ? World.instanceBehind(holder) : null,
                        row.getLong(4),
                        row.getLong(5),
                        row.getString(6),
                        Payload.parse(row.getString(7)),
                        headers(row.getString(8)),
                        row.getString(9),
                        row.getInt(10)));
            }
        }
        return changes;
    }

    /** Those of dead letters. */
    private static Map<String, String> headers(String text) {
        Map<String, String> headers = new HashMap<>();
        HeaderCodec.decode(text).forEach(header -> {
            if (header.key().startsWith("rk_") && header.value() != null) {
                headers.put(header.key(), new String(header.value(), StandardCharsets.UTF_8));
            }
        });
        return headers;
    }

    static Connection connect(LocalPostgres postgres) throws SQLException {
        return DriverManager.getConnection(postgres.jdbcUrl(), postgres.username(), postgres.password());
    }
}
