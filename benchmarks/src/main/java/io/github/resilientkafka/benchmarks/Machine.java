package io.github.resilientkafka.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import io.github.resilientkafka.testing.LocalPostgres;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.common.utils.AppInfoParser;

/**
 * Where and on what the figures were measured.
 *
 * @param facts what is to be known, by name
 */
record Machine(Map<String, String> facts) {

    static Machine look() {
        OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("date", LocalDate.now(ZoneOffset.UTC).toString());
        facts.put("processor", system.getAvailableProcessors() + " × " + processor());
        facts.put("memory", (system.getTotalMemorySize() + (1L << 29) >> 30) + " GiB");
        facts.put("system", system.getName() + " " + system.getVersion() + " " + system.getArch());
        facts.put(
                "load before the run",
                String.format(Locale.ROOT, "%.2f (average of a minute)", system.getSystemLoadAverage()));
        facts.put("JDK", System.getProperty("java.vm.name") + " " + Runtime.version());
        facts.put("JVM of a benchmark", BenchmarkJvm.JVM_OPTIONS);
        facts.put("Kafka", AppInfoParser.getVersion() + ": " + Servers.KAFKA_SETTINGS);
        facts.put("PostgreSQL", postgres() + ": " + Servers.POSTGRES_SETTINGS);
        return new Machine(facts);
    }

    private static String processor() {
        try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(line -> line.startsWith("model name"))
                    .map(line -> line.substring(line.indexOf(':') + 1).trim())
                    .findFirst()
                    .orElse("unknown");
        } catch (IOException ex) {
            return "unknown";
        }
    }

    private static String postgres() {
        try (LocalPostgres postgres = Servers.launchPostgres();
                Connection connection =
                        DriverManager.getConnection(postgres.jdbcUrl(), postgres.username(), postgres.password())) {
            return connection.getMetaData().getDatabaseProductVersion();
        } catch (SQLException ex) {
            throw new IllegalStateException("PostgreSQL does not say what it is", ex);
        }
    }
}
