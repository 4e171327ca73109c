package io.github.resilientkafka.benchmarks;

import io.github.resilientkafka.benchmarks.Chart.Line;
import io.github.resilientkafka.benchmarks.Chart.Moment;
import io.github.resilientkafka.benchmarks.Chart.Panel;
import io.github.resilientkafka.benchmarks.Chart.Span;
import io.github.resilientkafka.benchmarks.Svg.Point;
import io.github.resilientkafka.message.PublishResult.Outcome;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;

/**
 * Throughput, latency, circuit and backlog of an outage, over time.
 */
final class OutagePlot {

    private static final double BIN_SECONDS = 0.5;

    private static final String BLUE = "#0072b2";

    private static final String ORANGE = "#d55e00";

    private static final String GREEN = "#009e73";

    private static final String PINK = "#c2559b";

    private static final String BLACK = "#222222";

    private static final Map<String, String> CIRCUIT =
            Map.of("CLOSED", "#8fd3b6", "OPEN", "#e8956b", "HALF_OPEN", "#f3d36b");

    private final Outage outage;

    private OutagePlot(Outage outage) {
        this.outage = outage;
    }

    static Chart of(String title, Outage outage) {
        return new OutagePlot(outage).chart(title);
    }

    private Chart chart(String title) {
        return new Chart(
                title,
                this.outage.end(),
                List.of(
                        new Moment(this.outage.failed(), "broker killed"),
                        new Moment(this.outage.answered(), "broker answers")),
                List.of(published(), latency(), circuit(), backlog(), delivered()));
    }

    private Panel published() {
        List<Line> lines = List.of(
                new Line("in Kafka", BLUE, rate(completions(Outcome.SENT))),
                new Line("in the database", ORANGE, rate(completions(Outcome.STORED))));
        return Panel.of("Throughput: published and durable, events/s", 130, Axis.upTo(highest(lines), 4), lines);
    }

    /** On a scale of its own: it is many times as fast. */
    private Panel delivered() {
        List<Line> lines = List.of(new Line("from the database to Kafka", GREEN, rate(settledPerBin())));
        return Panel.of("Throughput: stored and delivered, events/s", 90, Axis.upTo(highest(lines), 3), lines);
    }

    private int bins() {
        return (int) Math.ceil(this.outage.end() / BIN_SECONDS);
    }

    private double[] completions(Outcome outcome) {
        double[] bins = new double[bins()];
        for (Outage.Event event : this.outage.events()) {
            int bin = (int) (event.durable() / BIN_SECONDS);
            if (event.outcome() == outcome && bin < bins.length) {
                bins[bin]++;
            }
        }
        return bins;
    }

    private double[] settledPerBin() {
        double[] bins = new double[bins()];
        for (int bin = 0; bin < bins.length; bin++) {
            bins[bin] = settledAt((bin + 1) * BIN_SECONDS) - settledAt(bin * BIN_SECONDS);
        }
        return bins;
    }

    private double settledAt(double second) {
        double settled = this.outage.samples().get(0).settled();
        for (Outage.Sample sample : this.outage.samples()) {
            if (sample.second() <= second) {
                settled = sample.settled();
            }
        }
        return settled;
    }

    /** The last bin is not a whole one. */
    private static List<Point> rate(double[] bins) {
        List<Point> points = new ArrayList<>();
        for (int bin = 0; bin < bins.length - 1; bin++) {
            points.add(new Point((bin + 0.5) * BIN_SECONDS, bins[bin] / BIN_SECONDS));
        }
        return points;
    }

    private Panel latency() {
        Latencies[] bins = new Latencies[bins()];
        Arrays.setAll(bins, bin -> new Latencies());
        for (Outage.Event event : this.outage.events()) {
            int bin = (int) (event.published() / BIN_SECONDS);
            if (bin < bins.length) {
                bins[bin].add(event.nanos());
            }
        }
        List<Line> lines = List.of(
                new Line("99th percentile", PINK, points(bins, latencies -> latencies.millis(0.99))),
                new Line("median", BLACK, points(bins, latencies -> latencies.millis(0.5))));
        return Panel.of(
                "Latency until durable, ms, by time of publishing",
                150,
                Axis.logarithmic(Math.max(0.1, lowest(lines)), highest(lines)),
                lines);
    }

    private static List<Point> points(Latencies[] bins, ToDoubleFunction<Latencies> millis) {
        List<Point> points = new ArrayList<>();
        for (int bin = 0; bin < bins.length; bin++) {
            points.add(new Point(
                    (bin + 0.5) * BIN_SECONDS,
                    (bins[bin].count() == 0) ? Double.NaN : millis.applyAsDouble(bins[bin])));
        }
        return points;
    }

    private Panel circuit() {
        List<Span> spans = new ArrayList<>();
        List<Outage.Sample> samples = this.outage.samples();
        int first = 0;
        for (int i = 1; i <= samples.size(); i++) {
            String state = samples.get(first).circuit();
            if (i == samples.size() || !samples.get(i).circuit().equals(state)) {
                int last = Math.min(i, samples.size() - 1);
                spans.add(new Span(
                        samples.get(first).second(),
                        samples.get(last).second(),
                        state,
                        CIRCUIT.getOrDefault(state, "grey")));
                first = i;
            }
        }
        return Panel.of("Circuit", 26, spans);
    }

    /**
     * Stored by then less delivered by then: counting rows would disturb.
     */
    private Panel backlog() {
        double[] stored = this.outage.events().stream()
                .filter(event -> event.outcome() == Outcome.STORED)
                .mapToDouble(Outage.Event::durable)
                .sorted()
                .toArray();
        long before = this.outage.samples().get(0).settled();
        List<Point> points = new ArrayList<>();
        for (Outage.Sample sample : this.outage.samples()) {
            int found = Arrays.binarySearch(stored, sample.second());
            int storedByThen = (found < 0) ? -found - 1 : found;
            points.add(new Point(sample.second(), Math.max(0, storedByThen - (sample.settled() - before))));
        }
        List<Line> lines = List.of(new Line("rows that wait in the database", ORANGE, points));
        return Panel.of("Backlog, events", 110, Axis.upTo(highest(lines), 4), lines);
    }

    private static double highest(List<Line> lines) {
        return values(lines).filter(value -> !Double.isNaN(value)).max().orElse(1);
    }

    private static double lowest(List<Line> lines) {
        return values(lines).filter(value -> !Double.isNaN(value)).min().orElse(1);
    }

    private static DoubleStream values(List<Line> lines) {
        return lines.stream().flatMap(line -> line.values().stream()).mapToDouble(Point::y);
    }
}
