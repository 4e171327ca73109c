package io.github.resilientkafka.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.github.resilientkafka.benchmarks.Chart.Line;
import io.github.resilientkafka.benchmarks.Chart.Panel;
import io.github.resilientkafka.benchmarks.Chart.Span;
import io.github.resilientkafka.benchmarks.Svg.Point;
import io.github.resilientkafka.message.PublishResult.Outcome;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class OutagePlotTests {

    /** Two events a second to Kafka, then two to the database; they take 100 ms there and are delivered in the end. */
    private final Chart chart = OutagePlot.of("an outage", outage());

    private static Outage outage() {
        List<Outage.Event> events = new ArrayList<>();
        List<Outage.Sample> samples = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            double second = i * 0.5;
            events.add(
                    new Outage.Event(second, second + (i < 4 ? 0.001 : 0.1), (i < 4) ? Outcome.SENT : Outcome.STORED));
            samples.add(new Outage.Sample(second + 0.2, (i < 4) ? "CLOSED" : "OPEN", 10 + 2 * Math.max(0, i - 5)));
        }
        return new Outage(2, 3.5, 3.6, events, samples);
    }

    @Test
    void throughputIsWhatBecameDurableInEachHalfSecond() {
        assertThat(values("Throughput: published", "in Kafka")).startsWith(2.0, 2.0, 2.0, 2.0, 0.0, 0.0, 0.0);
        assertThat(values("Throughput: published", "in the database")).startsWith(0.0, 0.0, 0.0, 0.0, 2.0, 2.0, 2.0);
    }

    @Test
    void deliveredIsWhatWasSettledInEachHalfSecond() {
        assertThat(values("Throughput: stored", "from the database to Kafka"))
                .containsExactly(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 4.0);
    }

    @Test
    void latencyIsThatOfTheEventsPublishedThen() {
        assertThat(values("Latency", "median")).containsExactly(1.0, 1.0, 1.0, 1.0, 100.0, 100.0, 100.0, 100.0);
    }

    @Test
    void backlogIsWhatIsStoredAndNotDelivered() {
        assertThat(values("Backlog", "rows that wait in the database"))
                .containsExactly(0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 1.0, 0.0);
    }

    @Test
    void theCircuitIsWhatItWasSeenToBe() {
        assertThat(panel("Circuit").spans())
                .extracting(Span::name, Span::from, Span::to)
                .containsExactly(tuple("CLOSED", 0.2, 2.2), tuple("OPEN", 2.2, 3.7));
    }

    @Test
    void failureAndReturnAreMarked() {
        assertThat(this.chart.moments())
                .containsExactly(new Chart.Moment(2, "broker killed"), new Chart.Moment(3.5, "broker answers"));
        assertThat(this.chart.seconds()).isEqualTo(3.7);
    }

    private List<Double> values(String panel, String line) {
        return panel(panel).lines().stream()
                .filter(found -> found.name().equals(line))
                .map(Line::values)
                .flatMap(List::stream)
                .map(Point::y)
                .toList();
    }

    private Panel panel(String title) {
        return this.chart.panels().stream()
                .filter(panel -> panel.title().startsWith(title))
                .findFirst()
                .orElseThrow();
    }
}
