package io.github.resilientkafka.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.resilientkafka.benchmarks.Chart.Line;
import io.github.resilientkafka.benchmarks.Chart.Moment;
import io.github.resilientkafka.benchmarks.Chart.Panel;
import io.github.resilientkafka.benchmarks.Chart.Span;
import io.github.resilientkafka.benchmarks.Svg.Point;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

class ChartTests {

    @Test
    void ticksAreRound() {
        assertThat(Axis.upTo(43_210, 4).ticks()).containsExactly(0.0, 20_000.0, 40_000.0, 60_000.0);
        assertThat(Axis.upTo(100, 4).ticks()).containsExactly(0.0, 50.0, 100.0);
        assertThat(Axis.upTo(0, 4).ticks()).hasSizeGreaterThan(1);
        assertThat(Axis.exactlyTo(43.2, 10).ticks())
                .containsExactly(0.0, 5.0, 10.0, 15.0, 20.0, 25.0, 30.0, 35.0, 40.0);
        assertThat(Axis.logarithmic(0.3, 3_100).ticks()).containsExactly(0.1, 1.0, 10.0, 100.0, 1_000.0, 10_000.0);
    }

    @Test
    void positionsFollowTheScaleAndStayInside() {
        assertThat(Axis.exactlyTo(50, 5).position(10)).isEqualTo(0.2);
        assertThat(Axis.logarithmic(1, 10_000).position(100)).isCloseTo(0.5, within(1e-9));
        assertThat(Axis.logarithmic(1, 10_000).position(0)).isZero();
        assertThat(Axis.exactlyTo(50, 5).position(60)).isOne();
    }

    @Test
    void labelsHaveNoNeedlessDigits() {
        assertThat(List.of(Axis.label(0), Axis.label(0.1), Axis.label(0.01), Axis.label(20_000)))
                .containsExactly("0", "0.1", "0.01", "20,000");
    }

    @Test
    void everythingIsDrawnWhereItBelongs() throws Exception {
        Line line = new Line(
                "in <Kafka>",
                "#0072b2",
                List.of(
                        new Point(0, 0),
                        new Point(5, 100),
                        new Point(6, Double.NaN),
                        new Point(8, 50),
                        new Point(10, 50)));
        Chart chart = new Chart(
                "an outage",
                10,
                List.of(new Moment(5, "broker killed")),
                List.of(
                        Panel.of("Throughput", 100, Axis.upTo(100, 2), List.of(line)),
                        Panel.of(
                                "Circuit",
                                20,
                                List.of(new Span(0, 5, "CLOSED", "green"), new Span(5, 10, "OPEN", "red")))));

        Element svg = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new ByteArrayInputStream(chart.toSvg().getBytes(StandardCharsets.UTF_8)))
                .getDocumentElement();

        // The time axis goes from 80 to 936.
        assertThat(attributes(svg.getElementsByTagName("polyline"), "points"))
                .as("one part before the gap, one behind it")
                .containsExactly("80.0,174.0 508.0,74.0", "764.8,124.0 936.0,124.0");
        assertThat(texts(svg))
                .contains("an outage", "Throughput", "in <Kafka>", "broker killed", "CLOSED", "OPEN", "seconds");
        assertThat(attributes(svg.getElementsByTagName("line"), "x1")).contains("508.0");
    }

    private static List<String> attributes(NodeList elements, String name) {
        return IntStream.range(0, elements.getLength())
                .mapToObj(i -> ((Element) elements.item(i)).getAttribute(name))
                .toList();
    }

    private static List<String> texts(Element svg) {
        NodeList texts = svg.getElementsByTagName("text");
        return IntStream.range(0, texts.getLength())
                .mapToObj(i -> texts.item(i).getTextContent())
                .toList();
    }
}
