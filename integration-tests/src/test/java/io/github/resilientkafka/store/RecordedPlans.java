package io.github.resilientkafka.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.datasource.AbstractDataSource;

/**
 * One connection to PostgreSQL whose statements are carried out as they are, and explained: PostgreSQL's module
 * {@code auto_explain} reports each of them with its plan, and what it really touched.
 */
final class RecordedPlans extends AbstractDataSource implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Connection connection;

    private final Connection proxy;

    private final List<Plan> plans = new ArrayList<>();

    /**
     * Opens the connection.
     * @param mode {@code force_generic_plan} or {@code force_custom_plan}
     */
    RecordedPlans(DataSource database, String mode) throws SQLException {
        this.connection = database.getConnection();
        try (Statement statement = this.connection.createStatement()) {
            statement.execute("load 'auto_explain'");
            statement.execute("set plan_cache_mode = " + mode);
            statement.execute("set auto_explain.log_analyze = on");
            statement.execute("set auto_explain.log_buffers = on");
            statement.execute("set auto_explain.log_timing = off");
            statement.execute("set auto_explain.log_format = json");
            statement.execute("set auto_explain.log_level = notice");
            statement.execute("set auto_explain.log_min_duration = 0");
        }
        this.connection.clearWarnings();
        this.proxy = (Connection) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {Connection.class}, (self, method, arguments) -> {
                    if (method.getName().equals("close")) {
                        collect(this.connection.getWarnings());
                        this.connection.clearWarnings();
                        return null;
                    }
                    Object result = invoke(() -> method.invoke(this.connection, arguments));
                    return (result instanceof PreparedStatement statement) ? recording(statement) : result;
                });
    }

    private PreparedStatement recording(PreparedStatement statement) {
        return (PreparedStatement) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {PreparedStatement.class}, (self, method, arguments) -> {
                    if (method.getName().equals("close")) {
                        collect(statement.getWarnings());
                    }
                    return invoke(() -> method.invoke(statement, arguments));
                });
    }

    private static @Nullable Object invoke(Call call) throws Throwable {
        try {
            return call.run();
        } catch (InvocationTargetException ex) {
            throw ex.getCause();
        }
    }

    private void collect(@Nullable SQLWarning first) throws JsonProcessingException {
        for (SQLWarning warning = first; warning != null; warning = warning.getNextWarning()) {
            String message = "" + warning.getMessage();
            int plan = message.indexOf('{');
            if (message.contains("plan:") && plan > 0) {
                this.plans.add(new Plan(JSON.readTree(message.substring(plan))));
            }
        }
    }

    /**
     * The plans of what was done since the last call.
     */
    List<Plan> take() {
        List<Plan> taken = List.copyOf(this.plans);
        this.plans.clear();
        return taken;
    }

    @Override
    public Connection getConnection() {
        return this.proxy;
    }

    @Override
    public Connection getConnection(String username, String password) {
        return this.proxy;
    }

    @Override
    public void close() throws SQLException {
        this.connection.close();
    }

    /** A call by reflection. */
    @FunctionalInterface
    private interface Call {

        @Nullable
        Object run() throws ReflectiveOperationException;
    }

    /**
     * A statement that was carried out.
     */
    record Plan(JsonNode json) {

        String sql() {
            return this.json.path("Query Text").asText();
        }

        /**
         * Pages looked at, as often as they were looked at.
         */
        long pages() {
            JsonNode root = this.json.path("Plan");
            return root.path("Shared Hit Blocks").asLong()
                    + root.path("Shared Read Blocks").asLong();
        }

        /**
         * How the table is accessed: index names, or the name of a node that uses none.
         */
        Set<String> ways(String table) {
            Set<String> ways = new TreeSet<>();
            walk(this.json.path("Plan"), table, ways);
            return ways;
        }

        private static void walk(JsonNode node, String table, Set<String> ways) {
            String type = node.path("Node Type").asText();
            if (type.equals("Bitmap Index Scan")) {
                ways.add(node.path("Index Name").asText());
            } else if (node.path("Relation Name").asText().equals(table)
                    && type.endsWith("Scan")
                    && !type.equals("Bitmap Heap Scan")) {
                ways.add(node.has("Index Name") ? node.path("Index Name").asText() : type);
            }
            node.path("Plans").forEach(child -> walk(child, table, ways));
        }

        @Override
        public String toString() {
            return pages() + " pages, " + ways("failed_kafka_events") + ": "
                    + sql().lines().findFirst().orElse("");
        }
    }
}
