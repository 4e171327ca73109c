package io.github.resilientkafka.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.github.resilientkafka.testing.LocalServer.State;
import java.net.SocketTimeoutException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;

@DisplayName("A local PostgreSQL")
class LocalPostgresTests {

    private final LocalPostgres postgres = LocalPostgres.shared();
    private String url;

    @BeforeEach
    void createDatabase(TestInfo test) {
        url = postgres.createDatabase(test.getTestMethod().orElseThrow().getName());
    }

    @Test
    @DisplayName("keeps its address and its rows when it is stopped and started")
    void keepsRowsAcrossStop() throws SQLException {
        execute("create table t (n int)", "insert into t values (1)");

        postgres.stop();
        assertThat(postgres.state()).isEqualTo(State.STOPPED);
        assertThatExceptionOfType(SQLException.class).isThrownBy(() -> query("select 1"));
        postgres.start();

        assertThat(postgres.isRunning()).isTrue();
        assertThat(query("select n from t")).isEqualTo("1");
    }

    @Test
    @DisplayName("keeps what was committed when it is killed amid sessions, and started, twice")
    void keepsRowsAcrossKill() throws SQLException {
        execute("create table t (n int)");

        for (int n = 1; n <= 2; n++) {
            try (Connection session = connect("");
                    Statement statement = session.createStatement()) {
                statement.execute("insert into t values (" + n + ")");
                session.setAutoCommit(false);
                statement.execute("insert into t values (100)");
                postgres.kill();
                assertThat(postgres.state()).isEqualTo(State.STOPPED);
                assertThatExceptionOfType(SQLException.class).isThrownBy(session::commit);
            }
            postgres.start();
        }

        assertThat(query("select sum(n) from t")).isEqualTo("3");
    }

    @Test
    @DisplayName("answers no session while it is frozen, not even a new one, and every session afterwards")
    void freezes() throws SQLException {
        try (Connection session = connect("?socketTimeout=1");
                Connection patient = connect("");
                Statement statement = session.createStatement();
                Statement patientStatement = patient.createStatement()) {
            postgres.freeze();

            assertThat(postgres.state()).isEqualTo(State.FROZEN);
            assertThatExceptionOfType(SQLException.class)
                    .isThrownBy(() -> statement.execute("select 1"))
                    .withCauseInstanceOf(SocketTimeoutException.class);
            assertThatExceptionOfType(SQLException.class)
                    .isThrownBy(() -> connect("?loginTimeout=1").close());

            postgres.thaw();
            assertThat(postgres.isRunning()).isTrue();
            assertThat(patientStatement.execute("select 1")).isTrue();
        }
        assertThat(query("select 1")).isEqualTo("1");
    }

    @Test
    @DisplayName("runs after start, whatever it was doing, and stops in any state")
    void startsAndStopsInAnyState() throws SQLException {
        postgres.start();
        postgres.freeze();
        postgres.freeze();
        postgres.start();
        assertThat(query("select 1")).isEqualTo("1");

        postgres.freeze();
        postgres.kill();
        postgres.stop();
        postgres.thaw();
        assertThatIllegalStateException().isThrownBy(postgres::freeze);

        assertThat(LocalPostgres.shared()).isSameAs(postgres);
        assertThat(query("select 1")).isEqualTo("1");
        postgres.freeze();
        postgres.stop();
        postgres.start();
        postgres.close();
        assertThat(query("select 1")).isEqualTo("1");
    }

    @Test
    @DisplayName("checks the password")
    void checksThePassword() {
        assertThatExceptionOfType(SQLException.class)
                .isThrownBy(() -> DriverManager.getConnection(url, postgres.username(), "guess"))
                .satisfies(ex -> assertThat(ex.getSQLState()).isEqualTo("28P01"));
    }

    @Test
    @DisplayName("creates databases with decent names, once")
    void createsDatabases() {
        assertThatIllegalStateException().isThrownBy(() -> postgres.createDatabase("createsDatabases"));
        assertThatIllegalArgumentException().isThrownBy(() -> postgres.createDatabase("x\"; drop"));
    }

    @Test
    @DisplayName("takes settings, and says why it does not start with bad ones, in the words of its log")
    void takesSettings() throws SQLException {
        try (LocalPostgres own =
                LocalPostgres.builder().setting("max_connections", 7).launch()) {
            url = own.jdbcUrl();
            assertThat(query("show max_connections")).isEqualTo("7");
        }

        LocalPostgres.Builder bad = LocalPostgres.builder().setting("max_connections", "many");
        assertThatIllegalStateException()
                .isThrownBy(bad::launch)
                .withMessageContaining("PostgreSQL exited while starting")
                .withMessageContaining("max_connections");
    }

    private Connection connect(String parameters) throws SQLException {
        return DriverManager.getConnection(url + parameters, postgres.username(), postgres.password());
    }

    private void execute(String... commands) throws SQLException {
        try (Connection connection = connect("");
                Statement statement = connection.createStatement()) {
            for (String command : commands) {
                statement.execute(command);
            }
        }
    }

    private String query(String query) throws SQLException {
        try (Connection connection = connect("");
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(query)) {
            result.next();
            return result.getString(1);
        }
    }
}
