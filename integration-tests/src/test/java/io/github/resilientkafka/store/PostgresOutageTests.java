package io.github.resilientkafka.store;

import static io.github.resilientkafka.store.EventRows.rows;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.resilientkafka.testing.LocalPostgres;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.dao.DataAccessException;

/**
 * The store while its database is away.
 */
@Timeout(120)
class PostgresOutageTests {

    private static LocalPostgres postgres;

    private StoreDatabase database;

    @BeforeAll
    static void launch() {
        postgres = LocalPostgres.launch();
    }

    @AfterAll
    static void end() {
        postgres.close();
    }

    @AfterEach
    void close() {
        postgres.start();
        this.database.close();
    }

    @Test
    void aFrozenDatabaseMakesCallsFailAndHangsNoThread() {
        this.database = new StoreDatabase(postgres);
        EventStore store = this.database.store();
        store.save(rows(1, 1));
        postgres.freeze();

        long start = System.nanoTime();
        assertThatExceptionOfType(DataAccessException.class).isThrownBy(() -> store.save(rows(1, 1)));
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(20));

        postgres.thaw();
        Awaitility.await().atMost(Duration.ofSeconds(30)).ignoreExceptions().untilAsserted(store::ping);
    }

    @Test
    void aDatabaseThatIsAwayAtTheStartIsPreparedWhenItIsBack() {
        String url = postgres.createDatabase("later");
        postgres.stop();
        this.database = new StoreDatabase(postgres, url, postgres.username());
        EventStore store = this.database.store();
        this.database.schema(null, true).afterPropertiesSet();
        assertThatExceptionOfType(DataAccessException.class).isThrownBy(store::ping);

        postgres.start();

        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .ignoreExceptions()
                .untilAsserted(() -> store.save(rows(1, 1)));
        assertThat(this.database.events().stats().pending()).isEqualTo(1);
    }

    @Test
    void aRestartIsSurvived() {
        this.database = new StoreDatabase(postgres);
        EventStore store = this.database.store();
        store.save(rows(1, 1));
        postgres.kill();
        postgres.start();

        Awaitility.await().atMost(Duration.ofSeconds(30)).ignoreExceptions().untilAsserted(store::ping);
        assertThat(this.database.events().stats().pending()).isEqualTo(1);
    }
}
