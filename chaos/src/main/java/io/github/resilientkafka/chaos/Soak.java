package io.github.resilientkafka.chaos;

import io.github.resilientkafka.chaos.FaultPlan.Planned;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;

/**
 * A long trial with an outage every few minutes that looks at what must not grow: heap, threads, file handles, database
 * connections, tables and indexes. Ends with status 1 if one of them did, or a promise was broken.
 */
final class Soak {

    private static final Duration SAMPLE_EVERY = Duration.ofSeconds(20);

    private static final int FEWEST_SAMPLES = 9;

    private static final int RATE = 60;

    private static final int INSTANCES = 2;

    private final Path directory;

    private final World world;

    private final List<Sample> samples = Collections.synchronizedList(new ArrayList<>());

    private final long start = System.nanoTime();

    private Soak(Path directory, World world) {
        this.directory = directory;
        this.world = world;
    }

    /**
     * Everything at one moment, of all instances together.
     */
    private record Sample(
            Duration at, long heapBytes, long threads, long files, long connections, long tableBytes, long indexBytes) {

        @Override
        public String toString() {
            return "%6.1f min  heap %5.1f MB  threads %3d  files %3d  connections %2d  tables %5.1f MB  indexes %5.1f MB"
                    .formatted(
                            this.at.toSeconds() / 60.0,
                            this.heapBytes / 1e6,
                            this.threads,
                            this.files,
                            this.connections,
                            this.tableBytes / 1e6,
                            this.indexBytes / 1e6);
        }
    }

    /**
     * @param arguments the directory for journals and logs, minutes in all, minutes between two outages
     */
    public static void main(String[] arguments) throws Exception {
        Path directory = Files.createDirectories(Path.of(arguments[0])).toAbsolutePath();
        Duration length = Duration.ofMinutes(Long.parseLong(arguments[1]));
        Duration gap = Duration.ofMinutes(Long.parseLong(arguments[2]));
        List<Soak> soaks = new ArrayList<>();
        List<String> settings = List.of(
                "--chaos.vitals=true",
                // The default.
                "--resilient-kafka.retry.batch-size=1000",
                // They stay in the table for days.
                "--chaos.too-large-every=0",
                // Rows go within the time of the soak.
                "--resilient-kafka.retry.retention=1m");
        Trial trial = new Trial(directory, INSTANCES, RATE, settings);
        ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor();
        Evidence evidence;
        try {
            evidence = trial.run(plan(length, gap), world -> {
                Soak soak = new Soak(directory, world);
                soaks.add(soak);
                thread.scheduleWithFixedDelay(
                        soak::sample, SAMPLE_EVERY.toSeconds(), SAMPLE_EVERY.toSeconds(), TimeUnit.SECONDS);
            });
        } finally {
            thread.shutdownNow();
        }
        Verdict verdict = Checker.check(evidence);
        System.out.print(Chaos.describe(0, plan(length, gap), verdict));
        System.exit(soaks.get(0).isFlat() && verdict.isGood() ? 0 : 1);
    }

    /** A quarter of each gap is an outage: the broker is killed and frozen in turn. */
    private static FaultPlan plan(Duration length, Duration gap) {
        List<Planned> faults = new ArrayList<>();
        for (Duration at = gap.dividedBy(2); at.compareTo(length) < 0; at = at.plus(gap)) {
            Fault fault = (faults.size() % 2 == 0) ? Fault.BROKER_KILLED : Fault.BROKER_FROZEN;
            faults.add(new Planned(at, gap.dividedBy(4), fault, 0));
        }
        return new FaultPlan(faults);
    }

    private void sample() {
        try {
            List<Vitals> vitals = new ArrayList<>();
            for (int i = 0; i < INSTANCES; i++) {
                vitals.add(Vitals.read(this.directory.resolve(World.nameOf(i))));
            }
            Sample sample = new Sample(
                    Duration.ofNanos(System.nanoTime() - this.start),
                    vitals.stream().mapToLong(Vitals::heapBytes).sum(),
                    vitals.stream().mapToLong(Vitals::threads).sum(),
                    vitals.stream().mapToLong(Vitals::files).sum(),
                    ask("select count(*) from pg_stat_activity where application_name like 'instance-%'"),
                    ask("select sum(pg_table_size(oid)) from pg_class where relname like '%kafka%' and relkind = 'r'"),
                    ask(
                            "select sum(pg_indexes_size(oid)) from pg_class where relname like '%kafka%' and relkind = 'r'"));
            this.samples.add(sample);
            System.out.println(sample);
        } catch (SQLException | RuntimeException ex) {
            System.out.println("No sample: " + ex);
        }
    }

    private long ask(String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(
                        this.world.postgres().jdbcUrl(),
                        this.world.postgres().username(),
                        this.world.postgres().password());
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            result.next();
            return result.getLong(1);
        }
    }

    private boolean isFlat() {
        if (this.samples.size() < FEWEST_SAMPLES) {
            System.out.printf("%d samples say nothing: at least %d are needed%n", this.samples.size(), FEWEST_SAMPLES);
            return false;
        }
        List<Flatness> figures = List.of(
                Flatness.ofMedians("heap", each(Sample::heapBytes), 1.05),
                Flatness.ofCounts("threads", each(Sample::threads), 1),
                Flatness.ofCounts("files", each(Sample::files), 2),
                Flatness.ofCounts("connections", each(Sample::connections), 0),
                Flatness.ofPeaks("tables", each(Sample::tableBytes), 1.15),
                Flatness.ofPeaks("indexes", each(Sample::indexBytes), 1.15));
        figures.forEach(System.out::println);
        return figures.stream().allMatch(Flatness::isFlat);
    }

    private List<Long> each(ToLongFunction<Sample> value) {
        return this.samples.stream().mapToLong(value).boxed().toList();
    }
}
