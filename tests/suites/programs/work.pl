# Hashes, patterns, sorting, closures, string building.
use strict;
use warnings;
use Data::Dumper;

my (%count, @rows);
for my $i (1 .. 20000) {
        my $name = "name" . ($i * 7919 % 5000);
        $count{$name}++;
        push @rows, { id => $i, name => $name, tags => [ map { "tag" . $_ % 7 } $i .. $i + 2 ] } if $i % 4 == 0;
}
my @sorted = sort { $a->{name} cmp $b->{name} || $a->{id} <=> $b->{id} } @rows;
my $text = join "\n", map { "$_->{id}: $_->{name} @{$_->{tags}}" } @sorted;
my $found = () = $text =~ /name(\d+)\d tag[1-5]/g;
(my $changed = $text) =~ s/tag(\d)/'label' . $1 * 2/ge;
my @subs = map { my $n = $_; sub { $n * $_[0] } } 1 .. 1000;
my $sum = 0;
$sum += $_->(2) for @subs;
local $Data::Dumper::Sortkeys = 1;
print scalar(keys %count), " $found ", length $changed, " $sum\n";
print Dumper($sorted[0]), eval { die { code => 5 } } // "caught $@->{code}\n";
exit 4;
